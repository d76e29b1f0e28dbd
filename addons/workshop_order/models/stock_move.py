from odoo import fields, models


class StockMove(models.Model):
    _inherit = "stock.move"

    workshop_job_id = fields.Many2one(related="sale_line_id.workshop_job_id")

    def _key_assign_picking(self):
        return (*super()._key_assign_picking(), self.sudo().workshop_job_id)

    def _search_picking_for_assignation_domain(self):
        return [
            *super()._search_picking_for_assignation_domain(),
            ("workshop_job_id", "=", self.sudo().workshop_job_id.id),
        ]

    def _get_new_picking_values(self):
        return {
            **super()._get_new_picking_values(),
            "workshop_job_id": self.sudo().workshop_job_id.id,
        }
