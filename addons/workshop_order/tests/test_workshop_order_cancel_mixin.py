from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import WorkshopOrderCommon
from .films import photo


@tagged("post_install", "-at_install")
class TestWorkshopOrderCancel(WorkshopOrderCommon):
    """An order given up at any stage leaves stock and accounts as they were."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._receive()
        cls.bill = cls.order.sale_order_id

    def _assert_as_before(self):
        self.assertEqual(self.order.state, "cancelled")
        oil = self.oil.with_company(self.store)
        oil = oil.with_context(allowed_company_ids=self.store.ids)
        oil.invalidate_recordset()
        self.assertEqual((oil.qty_available, oil.free_qty), (20, 20))
        posted = self.bill.sudo().invoice_ids.filtered(lambda m: m.state == "posted")
        self.assertEqual(sum(posted.mapped("amount_total_signed")), 0)
        self.assertFalse(
            self.bill.sudo().picking_ids.filtered(
                lambda p: p.state not in ("done", "cancel")
            )
        )

    def _picking(self):
        return self.order.sudo().job_ids.picking_ids.with_user(self.keeper)

    def test_before_anything_was_agreed(self):
        self.order.action_cancel()
        self._assert_as_before()

    def test_when_parts_are_reserved(self):
        self.order.action_authorise()
        self.order.action_cancel()
        self._assert_as_before()
        self.assertEqual(set(self._picking().mapped("state")), {"cancel"})

    def test_issued_parts_come_back_first(self):
        self.order.action_authorise()
        picking = self._picking()
        picking.action_workshop_issue()
        with (
            self.assertRaisesRegex(UserError, "take back 4 × Oil 5W-30, 1 × Oil"),
            self.env.cr.savepoint(),
        ):
            self.order.action_cancel()
        wizard = self.env["stock.return.picking"].with_user(self.keeper)
        wizard = wizard.create({"picking_id": picking.id})
        action = wizard.action_create_returns_all()
        back = self.env["stock.picking"].browse(action["res_id"])
        back.with_user(self.keeper).move_ids.picked = True
        back.with_user(self.keeper).button_validate()
        self.env.invalidate_all()
        self.order.action_cancel()
        self._assert_as_before()

    def test_a_job_whose_parts_came_back_may_be_withdrawn(self):
        self.order.action_authorise()
        job = self.order.job_ids
        picking = self._picking()
        picking.action_workshop_issue()
        with self.assertRaisesRegex(UserError, "take its parts back"):
            job.action_withdraw()
        wizard = self.env["stock.return.picking"].create({"picking_id": picking.id})
        action = wizard.action_create_returns_all()
        back = self.env["stock.picking"].browse(action["res_id"])
        back.move_ids.picked = True
        back.button_validate()
        self.env.invalidate_all()
        job.action_withdraw()
        self.assertEqual((job.state, self.bill.amount_total), ("withdrawn", 0))

    def test_a_deposit_is_credited_first(self):
        self.order.action_authorise()
        cash = self.env["account.journal"].search(
            [("company_id", "=", self.store.id), ("type", "=", "cash")]
        )
        settle = self.env["workshop.order.settle"].with_user(self.cashier)
        settle.create(
            {
                "order_id": self.order.id,
                "payment_ids": [Command.create({"journal_id": cash.id, "amount": 100})],
            }
        ).action_deposit()
        invoice = self.bill.sudo().invoice_ids
        with (
            self.assertRaisesRegex(UserError, f"credit {invoice.name} first"),
            self.env.cr.savepoint(),
        ):
            self.order.action_cancel()
        self._credit(invoice)
        self.order.action_cancel()
        self._assert_as_before()
        # What was paid is given back at the cash desk, of a cancelled order too.
        self.assertEqual(self.order.amount_due, -100)
        settle.create(
            {
                "order_id": self.order.id,
                "payment_ids": [Command.create({"journal_id": cash.id, "amount": 100})],
            }
        ).action_pay_back()
        self.env.invalidate_all()
        self.assertEqual(self.order.amount_due, 0)
        self.assertEqual(self._till(cash), 0)

    def test_a_draft_of_a_deposit_goes_with_the_order(self):
        self.order.action_authorise()
        advance = self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": [Command.set(self.bill.ids)],
                "advance_payment_method": "fixed",
                "fixed_amount": 50,
            }
        )
        draft = advance.with_company(self.store)._create_invoices(
            self.bill.with_company(self.store)
        )
        self.assertEqual(draft.state, "draft")
        self.order.action_cancel()
        self.assertEqual(draft.state, "cancel")
        self._assert_as_before()

    def test_while_somebody_is_at_work_it_is_refused(self):
        self.order.action_authorise()
        job = self.order.job_ids
        self._confirm(job, "start", self.technician)
        for give_up in (self.order.action_cancel, job.action_withdraw):
            with (
                self.assertRaisesRegex(UserError, "is at work on .* paused first"),
                self.env.cr.savepoint(),
            ):
                give_up()
        self._confirm(job, "pause", self.technician, reason="parts")
        self.order.action_cancel()
        self._assert_as_before()
        # He is free for the next car.
        other = self._receive(complaint="The next", service_ids=self.brake_service.ids)
        other.action_authorise()
        verdict = self._confirm(other.job_ids, "start", self.technician)
        self.assertEqual(verdict.effect, "applied")

    def test_what_is_done_is_billed_and_credited_instead(self):
        self.order.add_services(self.brake_service.ids)
        self.order.action_authorise()
        oil, brake = self.order.job_ids
        self._confirm(oil, "start", self.technician)
        self._confirm(oil, "finish", self.technician, photo())
        self._bring(photo())
        # Not even drawn from the floor yet, and counted all the same.
        with (
            self.assertRaisesRegex(UserError, "Oil change is done, so .* credit"),
            self.env.cr.savepoint(),
        ):
            self.order.action_cancel()
        self._settle(self.order)
        with (
            self.assertRaisesRegex(UserError, "is done: bill it"),
            self.env.cr.savepoint(),
        ):
            oil.action_withdraw()
        brake.action_withdraw()
        self._confirm(oil, "qc_pass", self.inspector)
        self._settle(self.order)
        self.assertEqual(self.order.state, "done")
        with (
            self.assertRaisesRegex(UserError, "cannot be given up"),
            self.env.cr.savepoint(),
        ):
            self.order.action_cancel()
        self._pay_all()
        self._close_credited()

    def test_part_billed_and_the_rest_given_up(self):
        self.order.add_services(self.brake_service.ids)
        self.order.action_authorise()
        oil, brake = self.order.job_ids
        self._pass(oil)
        self._pay_all()
        with self.assertRaisesRegex(UserError, "is done"), self.env.cr.savepoint():
            self.order.action_cancel()
        brake.action_withdraw()
        self.assertEqual(self.order.state, "done")
        self.order.with_user(self.cashier).action_close()
        self.assertEqual((self.order.state, self.order.amount_due), ("closed", 0))

    def test_giving_up_what_is_left_finishes_the_order(self):
        self.order.add_services(self.brake_service.ids)
        self.order.authorise(self.order.job_ids[:1].ids)
        oil, brake = self.order.job_ids
        self._pass(oil)
        self.assertEqual(self.order.state, "open")
        brake.decline("No money left")
        self.assertEqual(self.order.state, "done")

    def test_a_paused_job_is_given_up_when_its_parts_are_back(self):
        self.order.action_authorise()
        job = self.order.job_ids
        self._confirm(job, "start", self.technician)
        self._confirm(job, "pause", self.technician, reason="parts")
        job.action_withdraw()
        self.assertEqual((job.state, self.bill.amount_total), ("withdrawn", 0))

    def _pay_all(self):
        cash = self.env["account.journal"].search(
            [("company_id", "=", self.store.id), ("type", "=", "cash")]
        )
        Settle = self.env["workshop.order.settle"].with_user(self.cashier)
        screen = Settle.with_context(default_order_id=self.order.id).create({})
        self.assertEqual(screen.payment_ids.journal_id, cash)
        screen.action_settle()
        self.env.invalidate_all()
        self.assertEqual(self.order.amount_due - self._unbilled(), 0)

    def _unbilled(self):
        lines = self.bill.sudo().order_line.filtered(lambda li: not li.qty_delivered)
        return sum(lines.mapped("price_total"))

    def _close_credited(self):
        """Everything was billed and paid; it is credited, paid back, and closed."""
        self._credit(self.bill.sudo().invoice_ids)
        order = self.order.with_user(self.cashier)
        with self.assertRaisesRegex(UserError, "owed to the customer"):
            order.action_close()
        Settle = self.env["workshop.order.settle"].with_user(self.cashier)
        cash = self.env["account.journal"].search(
            [("company_id", "=", self.store.id), ("type", "=", "cash")]
        )
        pay_back = Settle.create(
            {
                "order_id": order.id,
                "payment_ids": [Command.create({"journal_id": cash.id, "amount": 437})],
            }
        )
        pay_back.action_pay_back()
        self.env.invalidate_all()
        order.action_close()
        self.assertEqual((self.order.state, self.order.amount_due), ("closed", 0))
        self.assertEqual(self._till(cash), 0)
        self.assertFalse(any(self.bill.sudo().order_line.mapped("qty_to_invoice")))
        with self.assertRaises(UserError):
            order.action_invoice()
