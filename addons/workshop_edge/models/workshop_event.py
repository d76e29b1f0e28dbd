import json

from odoo import api, fields, models

from odoo.addons.workshop_order.fields import BigInteger

from workbay_contract.types import sha256


class WorkshopEvent(models.Model):
    _inherit = "workshop.event"

    device_id = fields.Many2one("workshop.device", readonly=True, ondelete="restrict")
    seq = BigInteger("Device's Number", readonly=True, aggregator=None)
    batch_id = fields.Many2one(
        "workshop.batch", readonly=True, index="btree_not_null", ondelete="restrict"
    )

    _seq_uniq = models.UniqueIndex(
        "(device_id, seq) WHERE code IS DISTINCT FROM 'conflict'",
        "The device has recorded another event under this number.",
    )
    _seq_raw_uniq = models.UniqueIndex(
        "(device_id, seq, raw_hash)", "These bytes are in the log already."
    )

    def _is_scanned(self):
        """Whether its own bytes say that a device recorded it; columns could lie."""
        self.ensure_one()
        try:
            said = json.loads(self.raw)
        except ValueError:
            return False
        return isinstance(said, dict) and "device" in said

    def _bytes_hash(self):
        """The hash of the kept bytes.

        What is no event may have held a NUL, which PostgreSQL cannot keep: of that one
        the hash alone is left.
        """
        self.ensure_one()
        if self.result == "rejected" and "\N{REPLACEMENT CHARACTER}" in self.raw:
            return self.raw_hash
        return sha256(self.raw.encode())

    @api.model
    def _floor_changed(self, company_ids):
        result = super()._floor_changed(company_ids)
        self.env["workshop.board.change"]._mark(company_ids, is_floor=True)
        return result
