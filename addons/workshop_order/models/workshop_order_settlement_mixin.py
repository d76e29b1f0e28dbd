from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.workshop_chain.tools import begun_anew_where_held


class WorkshopOrderSettlementMixin(models.AbstractModel):
    """What the customer owes, and the receipt for what he paid."""

    _name = "workshop.order.settlement.mixin"
    _description = "Workshop Order Settlement"

    def action_settle(self):
        """Open the cash desk's screen for this order."""
        self.ensure_one()
        self._drain_consequences()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Settle %(order)s", order=self.name),
            "res_model": "workshop.order.settle",
            "view_mode": "form",
            "target": "new",
            "context": {"default_order_id": self.id},
        }

    def action_open_invoices(self):
        """The order's invoices and credit notes; its one invoice at once."""
        self.ensure_one()
        # sudo: which they are; they open under the caller's own rights.
        invoices = self.sudo()._invoices()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_invoice_type"
        )
        action["domain"] = [("id", "in", invoices.ids)]
        if len(invoices) == 1:
            action.update(views=[(False, "form")], res_id=invoices.id)
        return action

    def action_print_receipt(self):
        return self.env.ref(
            "workshop_order.workshop_order_report_receipt"
        ).report_action(self)

    def _check_is_settled(self):
        """Everything is billed, or was and has been credited for good.

        What the customer still owes may come later; what he is owed may not.
        """
        # sudo: whoever closes an order need not see its bill.
        bill = self.sudo().sale_order_id
        if self.sudo()._invoices().filtered(lambda move: move.state == "draft"):
            raise UserError(
                self.env._(
                    "%(order)s has an invoice that is not posted yet: have the cashier"
                    " post it or cancel it.",
                    order=self.name,
                )
            )
        if back := bill.order_line.filtered(lambda line: line.qty_to_invoice < 0):
            raise UserError(
                self.env._(
                    "%(order)s: more was billed than was given of %(lines)s. Have the"
                    " cashier credit the rest first.",
                    order=self.name,
                    lines=", ".join(back.mapped("name")),
                )
            )
        if bill.order_line.filtered("qty_to_invoice"):
            raise UserError(self.env._("%(order)s is not billed yet.", order=self.name))
        # sudo: as above; the stock is none of his either.
        self.sudo().job_ids._check_parts_are_issued()
        owed = -sum(self.sudo()._posted_invoices().mapped("amount_residual_signed"))
        if self.currency_id.compare_amounts(owed, 0) > 0:
            raise UserError(
                self.env._(
                    "%(amount)s is owed to the customer of %(order)s: have the cashier"
                    " pay it back first.",
                    amount=self.currency_id.format(owed),
                    order=self.name,
                )
            )

    def _lock_settlement(self):
        """Let no second click bill or pay at the same time."""
        # sudo: cashiers do not edit orders, yet two of them may settle one.
        with begun_anew_where_held():
            self.sudo().lock_for_update(allow_referencing=True)

    def _posted_invoices(self):
        """Invoices and credit notes that count."""
        return self._invoices().filtered(lambda move: move.state == "posted")

    def _invoices(self):
        """All of the order, with credits that name no line of it."""
        billed = self.sale_order_id.invoice_ids
        return billed | billed.reversal_move_ids

    def _receipt_payments(self):
        """What was paid, as Odoo reconciled it: rows of day, means and amount."""
        # sudo: the receipt is for the customer, whoever prints it.
        invoices = self.sudo()._posted_invoices()
        payments = invoices.matched_payment_ids.filtered(
            lambda payment: payment.state in ("in_process", "paid")
        )
        return [
            {
                "day": payment.date,
                "means": payment.journal_id.name,
                "amount": payment.amount
                * (1 if payment.payment_type == "inbound" else -1),
            }
            for payment in payments.sorted("id")
        ]

    def _receipt_next_maintenance(self):
        """What comes next on the car, the soonest first: names and when."""
        # sudo: the receipt names HQ's standards, which whoever prints it need not see.
        order = self.sudo()
        day = self.company_id._workshop_day(fields.Datetime.now())
        release = order.env["workshop.release"]._in_force(day)
        return order.vehicle_id._next_maintenance(release, order.reading_id.value, day)
