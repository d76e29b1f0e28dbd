from odoo import api, fields, models


class WorkshopJobPropose(models.TransientModel):
    """Asks for work that no standard describes."""

    _name = "workshop.job.propose"
    _description = "Propose an Off-standard Job"

    order_id = fields.Many2one("workshop.order", required=True, ondelete="cascade")
    currency_id = fields.Many2one(related="order_id.currency_id")
    text = fields.Char("Work")
    hours = fields.Float()
    price = fields.Monetary("Labour Price", help="Tax included.")
    most = fields.Monetary("You May Agree to", compute="_compute_most")

    @api.depends("order_id")
    @api.depends_context("uid")
    def _compute_most(self):
        limits = self.env["workshop.discount.limit"]
        for wizard in self:
            wizard.most = limits._get_limit("off_standard_price")

    def action_propose(self):
        self.ensure_one()
        self.order_id.add_off_standard(self.text, self.hours, self.price)
        return {"type": "ir.actions.act_window_close"}
