from odoo import fields, models
from odoo.exceptions import UserError


class StockPicking(models.Model):
    """A job's parts on their way between shelf and car, as the parts keeper sees it."""

    _inherit = "stock.picking"

    workshop_job_id = fields.Many2one(
        "workshop.job",
        "Job",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    workshop_order_id = fields.Many2one(
        related="workshop_job_id.order_id",
        string="Work Order",
        store=True,
        index="btree_not_null",
    )
    workshop_plate = fields.Char(
        related="workshop_order_id.license_plate", string="License Plate"
    )
    workshop_phase = fields.Selection(
        related="workshop_job_id.phase", string="On the Floor"
    )

    def action_workshop_issue(self):
        """Give out what is reserved for the job; what is short follows later."""
        self.ensure_one()
        picking = self.with_company(self.company_id)
        if picking.picking_type_code != "outgoing" or not picking.workshop_job_id:
            raise UserError(
                self.env._("%(picking)s issues no parts.", picking=self.name)
            )
        if picking.state in ("confirmed", "waiting", "assigned"):
            picking.action_assign()
        here = picking.move_ids.filtered(
            lambda move: move.state not in ("done", "cancel") and move.quantity > 0
        )
        if not here:
            raise UserError(
                self.env._(
                    "None of the parts for %(job)s is here.",
                    job=picking.workshop_job_id.display_name,
                )
            )
        here.picked = True
        return picking.with_context(skip_backorder=True).button_validate()

    def action_workshop_return(self):
        """Ask which of the issued parts come back."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Take Parts Back"),
            "res_model": "stock.return.picking",
            "view_mode": "form",
            "target": "new",
            "context": {
                "active_id": self.id,
                "active_ids": self.ids,
                "active_model": "stock.picking",
            },
        }
