from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class WorkshopOrderSettle(models.TransientModel):
    """The cash desk: what is due for an order, and how it is paid."""

    _name = "workshop.order.settle"
    _inherit = ["workshop.once.mixin"]
    _description = "Settle a Work Order"

    order_id = fields.Many2one("workshop.order", required=True, readonly=True)
    company_id = fields.Many2one(related="order_id.company_id")
    currency_id = fields.Many2one(related="order_id.currency_id")
    partner_id = fields.Many2one(related="order_id.partner_id")
    license_plate = fields.Char(related="order_id.license_plate")
    done_ids = fields.Many2many("workshop.job", compute="_compute_jobs")
    open_ids = fields.Many2many("workshop.job", compute="_compute_jobs")
    declined_ids = fields.Many2many("workshop.job", compute="_compute_jobs")
    stale_ids = fields.Many2many(
        "workshop.job",
        string="Changed Since the Customer Agreed",
        compute="_compute_jobs",
        help="Not billed before an advisor has them authorised again.",
    )
    amount_to_bill = fields.Monetary("Not Billed Yet", compute="_compute_amounts")
    amount_open = fields.Monetary("Billed and Open", compute="_compute_amounts")
    amount_paid = fields.Monetary("Paid", compute="_compute_amounts")
    amount_credited = fields.Monetary("Credited Work", compute="_compute_amounts")
    amount_due = fields.Monetary("Due Now", compute="_compute_amounts")
    payment_ids = fields.One2many(
        "workshop.order.settle.payment", "settle_id", "Payments"
    )
    amount_given = fields.Monetary("Given", compute="_compute_given")
    amount_left = fields.Monetary("Remains", compute="_compute_given")

    @api.depends("order_id")
    def _compute_jobs(self):
        for wizard in self:
            jobs = wizard.order_id.job_ids
            agreed = jobs.filtered(lambda job: job.state == "authorised")
            done = agreed.filtered("finished_at")
            wizard.done_ids = done
            # Read back from a new dialog they would be other records than the order's.
            wizard.open_ids = agreed - done
            wizard.declined_ids = jobs - agreed
            wizard.stale_ids = agreed.filtered("is_stale")

    @api.depends("order_id")
    def _compute_amounts(self):
        for wizard in self:
            # sudo: not every role reads the bill from the order, the cashier's does.
            order = wizard.order_id.sudo()
            invoices = order._posted_invoices()
            wizard.amount_open = sum(invoices.mapped("amount_residual_signed"))
            wizard.amount_paid = (
                sum(invoices.mapped("amount_total_signed")) - wizard.amount_open
            )
            lines = order.sale_order_id.order_line
            wizard.amount_to_bill = (
                sum(
                    line.currency_id.round(
                        line.price_total * line.qty_to_invoice / line.product_uom_qty
                    )
                    if line.product_uom_qty
                    else line.price_unit * line.qty_to_invoice
                    for line in lines
                    if line.qty_to_invoice
                )
                # A deposit is deducted from what is done, not before.
                if any(line.qty_to_invoice > 0 for line in lines)
                else 0
            )
            wizard.amount_credited = sum(
                lines.filtered(lambda line: line._was_credited()).mapped("price_total")
            )
            wizard.amount_due = wizard.amount_open + wizard.amount_to_bill

    @api.depends("payment_ids.amount", "amount_due")
    def _compute_given(self):
        for wizard in self:
            wizard.amount_given = sum(wizard.payment_ids.mapped("amount"))
            wizard.amount_left = abs(wizard.amount_due) - wizard.amount_given

    @api.model
    def default_get(self, fields):
        """Propose that everything due, or owed to the customer, is paid in cash."""
        values = super().default_get(fields)
        if "payment_ids" in fields and values.get("order_id"):
            wizard = self.new({"order_id": values["order_id"]})
            journal = self.env["account.journal"].search(
                [("company_id", "=", wizard.company_id.id), ("type", "=", "cash")],
                limit=1,
            )
            # A deposit may be more than what is done so far: the rest is still to come.
            if wizard.amount_due > 0 or (wizard.amount_due and not wizard.open_ids):
                values["payment_ids"] = [
                    Command.create(
                        {"journal_id": journal.id, "amount": abs(wizard.amount_due)}
                    )
                ]
        return values

    def action_settle(self):
        """Bill what is agreed and done, take the payments, print the receipt."""
        order = self._begin()
        self._bill()
        due = max(self.amount_open, 0)
        if self.currency_id.compare_amounts(self.amount_given, due) > 0:
            raise UserError(
                self.env._(
                    "Only %(due)s is due: give change, or take a deposit.",
                    due=self.currency_id.format(due),
                )
            )
        self._pay("out_invoice")
        return {**order.action_print_receipt(), "close_on_report_download": True}

    def action_pay_back(self):
        """Give back what the customer is owed: credit notes, or too large a deposit."""
        order = self._begin()
        self._bill()
        owed = -self.amount_open
        if self.amount_given <= 0 or (
            self.currency_id.compare_amounts(self.amount_given, owed) > 0
        ):
            raise UserError(
                self.env._(
                    "%(owed)s is owed to the customer of %(order)s: that is the most"
                    " that can be paid back.",
                    owed=self.currency_id.format(max(owed, 0)),
                    order=order.name,
                )
            )
        self._pay("out_refund")
        return {**order.action_print_receipt(), "close_on_report_download": True}

    def action_bill_again(self):
        """What was credited is billed once more, such as to another name."""
        order = self._begin()
        # sudo: not every role reads the bill from the order; that the cashier may
        # settle this one was checked.
        for line in order.sudo().sale_order_id.order_line:
            if line._was_credited():
                line._put({"workshop_bills": line.workshop_bills + 1})
        return order.action_settle()

    def action_deposit(self):
        """Take the payments in advance, by Odoo's down payment."""
        order = self._begin()
        # sudo: the cashier's right was checked; the bill is the sales desk's.
        bill = order.sudo().sale_order_id
        open_amount = bill.amount_total - self.amount_paid - self.amount_open
        if bill.state != "sale" or order.state not in ("open", "done"):
            raise UserError(
                self.env._(
                    "%(order)s has nothing agreed to pay in advance.", order=order.name
                )
            )
        if self.amount_given <= 0 or (
            self.currency_id.compare_amounts(self.amount_given, open_amount) > 0
        ):
            raise UserError(
                self.env._(
                    "A deposit lies between nothing and what %(order)s costs:"
                    " %(amount)s.",
                    order=order.name,
                    amount=self.currency_id.format(open_amount),
                )
            )
        # sudo: Odoo leaves down payments to salesmen; a cashier takes them here.
        advance = self.env["sale.advance.payment.inv"].sudo()
        advance = advance.with_company(self.company_id).create(
            {
                "sale_order_ids": [Command.set(bill.ids)],
                "advance_payment_method": "fixed",
                "fixed_amount": self.amount_given,
            }
        )
        invoice = advance._create_invoices(bill.with_company(self.company_id))
        invoice.with_env(self.env).with_company(self.company_id).action_post()
        self._pay("out_invoice")
        return {**order.action_print_receipt(), "close_on_report_download": True}

    def _begin(self):
        """Once, by one cashier at a time, with all that the floor has done so far."""
        self._check_cashier()
        self._use_once()
        order = self.order_id
        order._lock_settlement()
        order._drain_consequences()
        return order

    def _check_cashier(self):
        self.ensure_one()
        self.order_id.check_access("read")
        if any(payment.amount < 0 for payment in self.payment_ids):
            raise UserError(self.env._("A payment is not negative: credit instead."))
        journals = self.payment_ids.journal_id
        if journals.filtered(lambda journal: journal.company_id != self.company_id):
            raise UserError(
                self.env._("Payments go to the store where the order is settled.")
            )

    def _bill(self):
        """An invoice of what is done and not billed yet, less deposits.

        A deposit larger than it leaves a credit, which pays the next invoice.
        """
        # sudo: not every role reads the bill from the order; the invoice is made and
        # posted under the cashier's own rights.
        bill = self.order_id.sudo().sale_order_id.with_env(self.env)
        bill = bill.with_company(self.company_id)
        # sudo: as above
        drafts = (
            self.order_id.sudo()
            ._invoices()
            .filtered(lambda move: move.state == "draft")
        )
        if any(line.qty_to_invoice > 0 for line in bill.order_line):
            drafts |= bill._create_invoices(final=True)
        drafts.with_env(self.env).with_company(self.company_id).action_post()
        lines = self._invoices().line_ids.filtered(
            lambda line: (
                line.account_type == "asset_receivable" and not line.reconciled
            )
        )
        for of_account in lines.grouped("account_id").values():
            if len(set(of_account.mapped("move_id.move_type"))) > 1:
                of_account.reconcile()
        self.invalidate_recordset()

    def _invoices(self):
        """The order's posted invoices and credit notes, the oldest first."""
        # sudo: as in _bill
        invoices = self.order_id.sudo()._posted_invoices().with_env(self.env)
        return invoices.with_company(self.company_id).sorted("id")

    def _pay(self, kind):
        """Register the payments on what is open of a kind, the oldest first."""
        invoices = self._invoices()
        for payment in self.payment_ids:
            left = payment.amount
            for invoice in invoices:
                share = min(left, invoice.amount_residual)
                if invoice.move_type != kind or share <= 0:
                    continue
                self.env["account.payment.register"].with_company(
                    self.company_id
                ).with_context(
                    active_model="account.move", active_ids=invoice.ids
                ).create(
                    {
                        "journal_id": payment.journal_id.id,
                        "amount": share,
                        "payment_difference_handling": "open",
                    }
                ).action_create_payments()
                left -= share
                invoice.invalidate_recordset(["amount_residual"])
