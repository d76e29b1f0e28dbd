from odoo import api, fields, models

from odoo.addons.workshop_order.fields import BigInteger


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

    @api.model
    def _floor_changed(self, company_ids):
        result = super()._floor_changed(company_ids)
        self.env["workshop.board.change"]._mark(company_ids, is_floor=True)
        return result
