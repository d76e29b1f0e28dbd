from odoo import fields, models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    workshop_job_id = fields.Many2one(
        "workshop.job", "Job", readonly=True, index="btree_not_null"
    )
