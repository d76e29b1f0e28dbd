from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError


class WorkshopMedia(models.Model):
    """A photo known by its hash: named by an event first, its bytes follow.

    Who may see one of the events that name it may see it; the attachment hangs on it
    and so follows the same rule.
    """

    _name = "workshop.media"
    _description = "Workshop Photo"
    _rec_name = "sha256"
    _order = "id"

    sha256 = fields.Char("SHA-256", required=True, readonly=True)
    mimetype = fields.Char("Type", required=True, readonly=True)
    size = fields.Integer("Size (bytes)", required=True, readonly=True)
    state = fields.Selection(
        [("expected", "Expected"), ("verified", "Verified")],
        required=True,
        readonly=True,
        default="expected",
    )
    attachment_id = fields.Many2one(
        "ir.attachment", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    thumbnail = fields.Image(max_width=256, max_height=256, readonly=True)
    event_ids = fields.Many2many(
        "workshop.event",
        "workshop_event_media_rel",
        "media_id",
        "event_id",
        "Events",
        readonly=True,
    )

    _sha256_uniq = models.Constraint("UNIQUE (sha256)", "This photo is known already.")
    _sha256_form = models.Constraint(
        "CHECK (sha256 ~ '^[0-9a-f]{64}$')", "A photo is known by a SHA-256."
    )
    _verified_complete = models.Constraint(
        "CHECK (state = 'expected' OR attachment_id IS NOT NULL)",
        "A verified photo has its bytes.",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_evidence(self):
        raise UserError(
            self.env._("A photo that an event names is evidence: it stays.")
        )

    def _store(self, data):
        """Keep the bytes whose hash the caller has checked.

        :param bytes data: the photo's final bytes.
        """
        self.ensure_one()
        attachment = self.env["ir.attachment"].create(
            {
                "name": f"{self.sha256[:12]}.jpg",
                "raw": data,
                "mimetype": self.mimetype,
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        self.write(
            {
                "attachment_id": attachment.id,
                "state": "verified",
                "thumbnail": attachment.datas,
            }
        )

    def _shown(self):
        """The photo as HTML: its thumbnail, or that it is on its way."""
        self.ensure_one()
        if self.state != "verified":
            return Markup('<span class="text-muted">%s</span>') % self.env._(
                "Photo on its way"
            )
        return Markup(
            '<a href="/web/image/%(full)s" target="_blank">'
            '<img src="/web/image/workshop.media/%(id)s/thumbnail" alt="%(hash)s"'
            ' loading="lazy" style="max-height: 96px"/></a>'
        ) % {"full": self.attachment_id.id, "id": self.id, "hash": self.sha256[:12]}
