from odoo import api, fields, models
from odoo.exceptions import UserError

from .stock_move import PARTS_STATES

USED_ACTIVITY = "workshop_order.mail_activity_type_used"


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
    workshop_parts_state = fields.Selection(
        PARTS_STATES,
        "Parts",
        compute="_compute_workshop_parts_state",
        help="Whether what is to be issued is in the store.",
    )
    workshop_parts_expected_at = fields.Datetime(
        "Expected", compute="_compute_workshop_parts_state"
    )

    workshop_purchase_ids = fields.Many2many(
        "purchase.order",
        string="Purchases of What Is Short",
        compute="_compute_workshop_purchase_ids",
        groups="purchase.group_purchase_user",
    )

    # Never stored: what is on its way changes without the transfer.
    @api.depends(
        "move_ids.is_workshop_used",
        "move_ids.state",
        "move_ids.quantity",
        "move_ids.product_uom_qty",
    )
    def _compute_workshop_parts_state(self):
        for picking in self:
            # sudo: a move of a job is known by the bill, which not everybody sees.
            state, expected = picking.sudo().move_ids._workshop_parts_state()
            picking.workshop_parts_state = state
            picking.workshop_parts_expected_at = expected

    def _compute_workshop_purchase_ids(self):
        for picking in self:
            short = picking.move_ids.filtered(
                lambda move: (
                    move.state in ("confirmed", "partially_available")
                    and move.workshop_job_id
                )
            )
            lines = self.env["purchase.order.line"].search(
                [
                    ("company_id", "=", picking.company_id.id),
                    ("product_id", "in", short.product_id.ids),
                    ("state", "!=", "cancel"),
                ]
            )
            picking.workshop_purchase_ids = lines.filtered(
                lambda line: line.product_qty > line.qty_received
            ).order_id

    def action_workshop_purchases(self):
        """Show what is asked of suppliers, or ordered, of the parts that are short."""
        self.ensure_one()
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Purchases of What Is Short"),
            "res_model": "purchase.order",
        }
        purchases = self.workshop_purchase_ids
        if len(purchases) == 1:
            return {**action, "view_mode": "form", "res_id": purchases.id}
        return {
            **action,
            "view_mode": "list,form",
            "domain": [("id", "in", purchases.ids)],
        }

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
                    "None of the parts for %(job)s is here. Receive them first, or"
                    " replace them by others that fit.",
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

    def _ask_for_used(self):
        """Ask the parts keepers to receive or count what was used, until it is done."""
        short = self.filtered(lambda picking: picking.workshop_parts_state == "used")
        asked = self.activity_search([USED_ACTIVITY])
        done = asked.filtered(lambda activity: activity.res_id not in short.ids)
        done.action_feedback()
        for picking in short:
            of_picking = asked.filtered(
                lambda activity, picking=picking: activity.res_id == picking.id
            )
            keepers = picking.company_id._workshop_users_of(
                "workshop_chain.workshop_chain_group_parts_keeper"
            )
            for user in keepers - of_picking.user_id:
                picking.activity_schedule(
                    USED_ACTIVITY,
                    user_id=user.id,
                    date_deadline=fields.Date.context_today(picking),
                )
