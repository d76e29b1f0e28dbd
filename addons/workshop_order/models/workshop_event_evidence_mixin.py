import json
from datetime import UTC, datetime

from odoo import api, models

# What a typed event's bytes say, by the log's column.
TYPED = {
    "uuid": "uuid",
    "kind": "kind",
    "order_id": "order",
    "job_id": "job",
    "node": "node",
    "reason": "reason",
    "note": "note",
    "decision": "decision",
    "target_hash": "target",
    "effective_ms": "effective",
}
# What somebody typed about what somebody else did, or agreed to.
ABOUT_OTHERS = ("authorisation", "correction", "decision")


class WorkshopEventEvidenceMixin(models.AbstractModel):
    """Whether the log shows what the events' own bytes say."""

    _name = "workshop.event.evidence.mixin"
    _description = "Workshop Event Evidence"

    @api.model
    def _misquoted(self, row):
        """The first column of a log row that says something else than its bytes.

        Bytes are in the chain; the columns that people look at are not.

        :param row: dict with the columns of ``_verify_chain``.
        :return: the column's name; None where all agree.
        """
        if row["bay_id"]:
            return None  # judged where bays are known
        try:
            said = json.loads(row["raw"])
        except ValueError:
            return "raw"
        for column, name in TYPED.items():
            if (row[column] or None) != (said.get(name) or None):
                return column
        # Undoing a confirmation concerns whoever's clock it moves.
        if row["kind"] != "correction" and row["user_id"] != said.get("user"):
            return "user_id"
        about = row["kind"] in ABOUT_OTHERS
        if row["actor_id"] != (said.get("typed_by") if about else None):
            return "actor_id"
        # The milliseconds are in the chain; people look at the other.
        happened = datetime.fromtimestamp(row["occurred_ms"] / 1000, UTC)
        if row["occurred_at"] != happened.replace(tzinfo=None):
            return "occurred_at"
        checks = [
            {name: value for name, value in check.items() if value is not None}
            for check in row["checks"] or ()
        ]
        if checks != said.get("checks", []):
            return "checks"
        if set(row["media"]) != {each["sha256"] for each in said.get("media", ())}:
            return "media_ids"
        return None

    @api.model
    def _column_label(self, column):
        """What the log calls a column, for a sentence."""
        name = "raw_hash" if column == "target_hash" else column
        return self._fields[name]._description_string(self.env)
