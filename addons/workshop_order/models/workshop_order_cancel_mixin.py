from odoo import models
from odoo.exceptions import UserError


class WorkshopOrderCancelMixin(models.AbstractModel):
    """Giving up an order leaves stock and accounts as they were before it."""

    _name = "workshop.order.cancel.mixin"
    _description = "Workshop Order Cancellation"

    def _check_nothing_is_out(self):
        """Say what has to be undone before the order can be given up."""
        self._check_nothing_is_under_way()
        # sudo: an advisor need not see moves and invoices that stand in the way.
        bill = self.sudo().sale_order_id
        # A draft bills nobody: Odoo cancels it with the order.
        if any(bill.order_line.mapped("qty_invoiced_posted")):
            posted = self.sudo()._posted_invoices()
            invoices = posted.filtered(
                lambda move: (
                    move.move_type == "out_invoice" and not move.reversal_move_ids
                )
            )
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
        if issued and self.state == "open":
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

    def _check_nothing_is_under_way(self):
        agreed = self.job_ids.filtered(lambda job: job.state == "authorised")
        if running := agreed.filtered("running_user_id"):
            raise UserError(
                self.env._(
                    "%(person)s is at work on %(job)s: have the job paused first.",
                    person=running[:1].running_user_id.name,
                    job=running[:1].display_name,
                )
            )
        done = agreed.filtered(lambda job: job.finished_at)
        if done and self.state in ("open", "done"):
            raise UserError(
                self.env._(
                    "%(jobs)s is done, so %(order)s cannot be given up: withdraw what"
                    " was not begun, bill the rest, have the cashier credit what the"
                    " customer is not to pay, and close the order.",
                    jobs=", ".join(done.mapped("name")),
                    order=self.name,
                )
            )
