from odoo import api, fields, models


class WorkshopOrderAdd(models.TransientModel):
    """Propose further services on an order."""

    _name = "workshop.order.add"
    _description = "Add Services"

    order_id = fields.Many2one("workshop.order", required=True)
    offered_ids = fields.Many2many("workshop.service", compute="_compute_offered_ids")
    service_ids = fields.Many2many(
        "workshop.service",
        "workshop_order_add_service_rel",
        string="Services",
        domain="[('id', 'in', offered_ids)]",
    )

    @api.depends("order_id")
    def _compute_offered_ids(self):
        for wizard in self:
            wizard.offered_ids = wizard.order_id.release_id._get_standard_services()

    def action_add(self):
        self.ensure_one()
        self.order_id.add_services(self.service_ids.ids)
        return {"type": "ir.actions.act_window_close"}
