from odoo import fields, models
from odoo.exceptions import UserError

from ..changes import is_changed

FIXED = (
    "amount_tax",
    "amount_total",
    "amount_untaxed",
    "company_id",
    "currency_id",
    "currency_rate",
    "fiscal_position_id",
    "invoice_status",
    "partner_id",
    "partner_shipping_id",
    "pricelist_id",
    "warehouse_id",
)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    workshop_order_ids = fields.One2many(
        "workshop.order",
        "sale_order_id",
        "Work Orders",
        # Whoever reads sale orders alone may not read what he has no right to.
        groups="workshop_chain.workshop_chain_group_staff",
    )

    def write(self, vals):
        self._check_workshop_fixed(vals)
        if target := vals.get("state"):
            self._check_workshop_state(target)
        return super().write(vals)

    def action_open_workshop_order(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "workshop.order",
            "res_id": self.workshop_order_ids.id,
            "view_mode": "form",
        }

    def _get_update_prices_lines(self):
        """No pricelist moves what the standard and a granted discount decided."""
        lines = super()._get_update_prices_lines()
        return lines.filtered(lambda line: not line.workshop_job_id)

    def _check_workshop_fixed(self, vals):
        names = [name for name in FIXED if name in vals]
        for order in self._of_workshop() if names else ():
            if any(is_changed(order, name, vals[name]) for name in names):
                raise UserError(
                    self.env._(
                        "%(order)s is the bill of a work order: its customer, store,"
                        " pricelist and amounts come from there.",
                        order=order.name,
                    )
                )

    def _check_workshop_state(self, target):
        """A work order's sale order follows it, never the other way round."""
        for order in self._of_workshop():
            work = order.workshop_order_ids
            if target == "cancel" and work.state == "cancelled":
                continue
            if target == "sent" and order.state in ("draft", "sent"):
                continue
            if target == "sale" and work.state in ("draft", "open", "done"):
                ordered = order.order_line.filtered("product_uom_qty")
                if set(ordered.workshop_job_id.mapped("state")) <= {"authorised"}:
                    continue
            raise UserError(
                self.env._(
                    "%(order)s is the bill of the work order %(work)s: authorise or"
                    " cancel that instead.",
                    order=order.name,
                    work=work.name,
                )
            )

    def _of_workshop(self):
        """Those that are the commercial side of a work order, as superuser."""
        # sudo: the guard holds for callers who may not see the work order, too.
        return self.sudo().filtered("workshop_order_ids")
