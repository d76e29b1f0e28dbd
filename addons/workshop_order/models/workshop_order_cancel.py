from odoo import models
from odoo.exceptions import UserError


class WorkshopOrder(models.Model):
    """Giving up an order leaves stock and accounts as they were before it."""

    _inherit = "workshop.order"

    def action_cancel(self):
        self.check_access("write")
        for order in self:
            order._check_nothing_is_out()
        return super().action_cancel()

    def _check_nothing_is_out(self):
        """Say what has to be brought back before the order can be given up."""
        # sudo: an advisor need not see moves and invoices that stand in the way.
        bill = self.sudo().sale_order_id
        invoices = bill.invoice_ids.filtered(lambda move: move.state == "posted")
        if any(bill.order_line.mapped("qty_invoiced")):
            raise UserError(
                self.env._(
                    "%(order)s was billed or paid in advance: have the cashier credit"
                    " %(invoices)s first.",
                    order=self.name,
                    invoices=", ".join(invoices.mapped("name")),
                )
            )
        issued = bill.order_line.filtered(
            lambda line: line.qty_delivered_method == "stock_move"
            and line.qty_delivered
        )
        if issued:
            raise UserError(
                self.env._(
                    "Parts of %(order)s were issued: have the parts keeper take back"
                    " %(parts)s first.",
                    order=self.name,
                    parts=", ".join(
                        f"{line.qty_delivered:g} × {line.product_id.display_name}"
                        for line in issued
                    ),
                )
            )
