from odoo import api, fields, models

# How each event is shown, by result and effect.
TONES = {
    ("accepted", "applied"): "applied",
    ("accepted", "held"): "held",
    ("rejected", "none"): "rejected",
}


class WorkshopTimelineMixin(models.AbstractModel):
    """The events of a record as its timeline shows them: who, when, where, proof."""

    _name = "workshop.timeline.mixin"
    _description = "Workshop Timeline"

    timeline = fields.Json(compute="_compute_timeline")
    issue_count = fields.Integer(
        "Rejected or Held", compute="_compute_issue_count", search="_search_issue_count"
    )

    @api.depends("link_ids")
    @api.depends_context("lang", "uid")
    def _compute_timeline(self):
        for record in self:
            events = record.link_ids.sorted(
                lambda event: (event.occurred_ms, event.id), reverse=True
            )
            record.timeline = [record._timeline_row(event) for event in events]

    @api.depends("event_ids")
    def _compute_issue_count(self):
        counts = dict(
            self.env["workshop.event"]._read_group(
                [("order_id", "in", self.ids), *self._get_issue_domain()],
                ["order_id"],
                ["__count"],
            )
        )
        for record in self:
            record.issue_count = counts.get(record, 0)

    def _search_issue_count(self, operator, value):
        # Only whether there are any: nobody looks for a certain number of them.
        if operator != ">" or value:
            return NotImplemented
        return [("event_ids", "any", self._get_issue_domain())]

    @api.model
    def _get_issue_domain(self):
        """Events refused, or taken but not applied, about which nobody decided yet."""
        return [
            "|",
            ("result", "=", "rejected"),
            ("effect", "=", "held"),
            ("following_ids", "=", False),
        ]

    def _timeline_row(self, event):
        return {
            "id": event.id,
            "at": fields.Datetime.to_string(event.occurred_at),
            "doubtful": event.is_doubtful,
            "tone": self._timeline_tone(event),
            "node": event._title(),
            "job": event.job_id.name or "",
            "person": self._timeline_person(event.actor_id or event.user_id),
            "bay": event.bay_id.display_name or "",
            "source": event.source,
            "message": event.note or event.message or "",
            "checks": event._checks_shown(),
            "link": event.chain_index,
            "hash": (event.chain_hash or "")[:12],
            "photos": [self._timeline_photo(photo) for photo in event.media_ids],
        }

    def _timeline_tone(self, event):
        following = event.following_ids
        if any(each.kind == "correction" for each in following):
            return "undone"
        if following and event.effect != "applied":
            return "decided"
        return TONES.get((event.result, event.effect), "rejected")

    def _timeline_person(self, user):
        return {"id": user.id, "name": user.name or ""}

    def _timeline_photo(self, photo):
        return {
            "id": photo.id,
            "video": photo._is_video(),
            "verified": photo.state == "verified",
            "trouble": photo.message or "",
            "hash": photo.sha256[:12],
            "thumbnail": f"/web/image/workshop.media/{photo.id}/thumbnail",
            "full": photo._url(),
        }
