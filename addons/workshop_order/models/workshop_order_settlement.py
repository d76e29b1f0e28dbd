from odoo import fields, models


class WorkshopOrder(models.Model):
    """What the customer owes, and the receipt for what he paid."""

    _inherit = "workshop.order"

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
        """The order's invoices and credit notes."""
        self.ensure_one()
        # sudo: which they are; they open under the caller's own rights.
        invoices = self.sudo().sale_order_id.invoice_ids
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_invoice_type"
        )
        return {**action, "domain": [("id", "in", invoices.ids)]}

    def action_print_receipt(self):
        return self.env.ref(
            "workshop_order.workshop_order_report_receipt"
        ).report_action(self)

    def _lock_settlement(self):
        """Let no second click bill or pay at the same time."""
        # sudo: cashiers do not edit orders, yet two of them may settle one.
        self.sudo().lock_for_update(allow_referencing=True)

    def _posted_invoices(self):
        """Invoices and credit notes that count."""
        return self.sale_order_id.invoice_ids.filtered(lambda m: m.state == "posted")

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

    def _receipt_due_maintenance(self):
        """The next maintenance as the vehicle's file knows it: names and reasons."""
        # sudo: the receipt names HQ's standards, which whoever prints it need not see.
        order = self.sudo()
        day = self.company_id._workshop_day(fields.Datetime.now())
        release = order.env["workshop.release"]._in_force(day)
        rows = order.vehicle_id._due_maintenance(release, order.reading_id.value, day)
        return [
            {"name": row["version"].service_id.name, "reason": row["reason"]}
            for row in rows
        ]
