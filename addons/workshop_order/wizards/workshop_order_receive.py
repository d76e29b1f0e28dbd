from odoo import api, fields, models


class WorkshopOrderReceive(models.TransientModel):
    """The desk's form for receiving a car; the order's ``receive`` does the work."""

    _name = "workshop.order.receive"
    _description = "Receive a Vehicle"

    company_id = fields.Many2one(
        "res.company",
        "Store",
        required=True,
        default=lambda self: self.env.company.is_store and self.env.company,
        domain=[("is_store", "=", True)],
    )
    vehicle_id = fields.Many2one("fleet.vehicle", required=True)
    partner_id = fields.Many2one(
        "res.partner",
        "Owner",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
    )
    odometer = fields.Integer()
    last_reading = fields.Integer(related="vehicle_id.last_reading")
    complaint = fields.Text("What the Customer Says")
    service_ids = fields.Many2many("workshop.service", string="Services")

    @api.depends("vehicle_id")
    def _compute_partner_id(self):
        for reception in self:
            reception.partner_id = reception.vehicle_id.owner_id

    def action_receive(self):
        """Make the order and show it; a second click shows the same one."""
        self.ensure_one()
        order = self.env["workshop.order"].receive(
            {
                "company_id": self.company_id.id,
                "vehicle_id": self.vehicle_id.id,
                "partner_id": self.partner_id.id,
                "odometer": self.odometer,
                "complaint": self.complaint,
                "service_ids": self.service_ids.ids,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": "workshop.order",
            "res_id": order.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "current",
        }
