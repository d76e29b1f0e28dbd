from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import WorkshopOrderCommon
from .films import photo


@tagged("post_install", "-at_install")
class TestWorkshopOrderSettle(WorkshopOrderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._receive(service_ids=(cls.oil_service | cls.brake_service).ids)
        cls.oil_job, cls.brake_job = cls.order.job_ids
        cls.brake_job.action_withdraw()
        cls.order.action_authorise()
        journals = cls.env["account.journal"].search(
            [("company_id", "=", cls.store.id)]
        )
        cls.cash = journals.filtered(lambda journal: journal.type == "cash")
        cls.bank = journals.filtered(lambda journal: journal.type == "bank")

    def _settle(self, *payments, user=None):
        return (
            self.env["workshop.order.settle"]
            .with_user(user or self.cashier)
            .create(
                {
                    "order_id": self.order.id,
                    "payment_ids": [
                        Command.create({"journal_id": journal.id, "amount": amount})
                        for journal, amount in payments
                    ],
                }
            )
        )

    def _draw(self):
        self.env["workshop.consequence"]._drain(self.order.ids)
        self.env.invalidate_all()

    def _do(self, job):
        self._confirm(job, "start", self.technician)
        self._confirm(job, "finish", self.technician, photo())
        self._bring(photo())
        self._draw()
        self._confirm(job, "qc_pass", self.inspector)
        self._draw()

    @classmethod
    def _invoices(cls):
        return cls.order.sudo().sale_order_id.invoice_ids

    def test_the_screen_shows_what_is_done_due_and_declined(self):
        screen = self._settle()
        self.assertEqual(screen.open_ids, self.oil_job)
        self.assertEqual(screen.declined_ids, self.brake_job)
        self.assertEqual(screen.amount_due, 0)
        self._do(self.oil_job)
        action = self.order.with_user(self.cashier).action_settle()
        screen = (
            self.env["workshop.order.settle"]
            .with_user(self.cashier)
            .with_context(**action["context"])
            .create({})
        )
        self.assertEqual(screen.done_ids, self.oil_job)
        self.assertEqual((screen.amount_to_bill, screen.amount_due), (437, 437))
        self.assertEqual(screen.payment_ids.mapped("amount"), [437])
        self.assertEqual(screen.payment_ids.journal_id, self.cash)

    def test_the_screen_says_what_is_not_billed_before_it_is_agreed_to_anew(self):
        self.assertFalse(self._settle().stale_ids)
        lines = self.oil_job.sudo().line_ids
        lines.filtered(lambda line: line.product_id == self.oil).product_uom_qty = 6
        self._do(self.oil_job)
        screen = self._settle()
        self.assertEqual(screen.stale_ids, self.oil_job)
        self.assertEqual(screen.amount_to_bill, 0)
        self.order.authorise(self.oil_job.ids, channel="phone")
        self._draw()
        screen = self._settle()
        self.assertFalse(screen.stale_ids)
        self.assertGreater(screen.amount_to_bill, 437)

    def test_what_a_closed_order_billed_comes_back_once_it_is_credited(self):
        self._do(self.oil_job)
        self._settle((self.cash, 437)).action_settle()
        self.order.with_user(self.cashier).action_close()
        issued = self.oil_job.sudo().picking_ids
        with self.assertRaisesRegex(UserError, "credit it first"):
            self._take_back(issued)
        self._credit(self._invoices())
        self._take_back(issued)
        self.assertEqual(sum(issued.move_ids.sale_line_id.mapped("qty_delivered")), 0)

    def test_what_was_taken_back_of_a_bill_is_credited_before_the_order_is_closed(self):
        self._do(self.oil_job)
        self._settle((self.cash, 437)).action_settle()
        self._take_back(self.oil_job.sudo().picking_ids)
        oil = self.oil_job.sudo().line_ids.filtered(
            lambda line: line.product_id == self.oil
        )
        with self.assertRaisesRegex(UserError, f"more was billed .*{oil.name}"):
            self.order.with_user(self.cashier).action_close()

    def _take_back(self, issued):
        wizard = (
            self.env["stock.return.picking"]
            .with_user(self.keeper)
            .create({"picking_id": issued.id})
        )
        for line in wizard.product_return_moves:
            line.quantity = line.move_id.quantity
        with self.env.cr.savepoint():
            back = wizard._create_return()
            back.move_ids.picked = True
            back.button_validate()

    def test_paying_by_several_means_settles_the_order(self):
        self._do(self.oil_job)
        screen = self._settle((self.cash, 137), (self.bank, 300))
        self.assertEqual((screen.amount_given, screen.amount_left), (437, 0))
        action = screen.action_settle()
        self.assertEqual(action["report_name"], "workshop_order.report_receipt")
        self.env.invalidate_all()
        self.assertEqual(self.order.amount_due, 0)
        self.assertIn(self._invoices().payment_state, ("paid", "in_payment"))
        rows = self.order._receipt_payments()
        self.assertEqual([row["amount"] for row in rows], [137, 300])
        self.order.with_user(self.cashier).action_close()
        self.assertEqual(self.order.state, "closed")
        invoice = self._invoices().with_user(self.cashier)
        for undo in (invoice.button_draft, invoice.button_cancel):
            with self.assertRaisesRegex(UserError, "credit note"):
                undo()
        with self.assertRaisesRegex(UserError, "credit note"):
            invoice.write({"state": "draft"})

    def test_what_was_credited_stays_billed(self):
        self._do(self.oil_job)
        self.order.with_user(self.cashier).action_invoice()
        [invoice] = self._invoices()
        invoice.action_post()
        note = self._credit(invoice)
        for undo in (invoice.button_draft, invoice.button_cancel):
            with (
                self.subTest(undo.__name__),
                self.assertRaisesRegex(UserError, "was credited"),
                self.env.cr.savepoint(),
            ):
                undo()
        note.button_draft()
        self.env.invalidate_all()
        invoice.button_draft()
        self.assertEqual(invoice.state, "draft")

    def test_a_part_payment_leaves_the_rest_due(self):
        self._do(self.oil_job)
        self._settle((self.cash, 100)).action_settle()
        self.env.invalidate_all()
        self.assertEqual(self.order.amount_due, 337)
        later = self._settle((self.bank, 337))
        self.assertEqual((later.amount_open, later.amount_paid), (337, 100))
        later.action_settle()
        self.env.invalidate_all()
        self.assertEqual(self.order.amount_due, 0)
        self.assertEqual(len(self._invoices()), 1)

    def test_a_deposit_is_deducted_from_the_bill(self):
        self._settle((self.cash, 100)).action_deposit()
        self.env.invalidate_all()
        self.assertEqual(self._invoices().amount_total, 100)
        self.assertEqual(self.order.amount_due, 337)
        self._do(self.oil_job)
        screen = self._settle((self.bank, 337))
        self.assertEqual((screen.amount_due, screen.amount_paid), (337, 100))
        screen.action_settle()
        self.env.invalidate_all()
        self.assertEqual(sorted(self._invoices().mapped("amount_total")), [100, 337])
        self.assertEqual(self.order.amount_due, 0)

    def test_more_than_due_is_refused_and_changes_nothing(self):
        self._do(self.oil_job)
        with self.assertRaisesRegex(UserError, "give change"), self.env.cr.savepoint():
            self._settle((self.cash, 500)).action_settle()
        with self.assertRaisesRegex(UserError, "negative"), self.env.cr.savepoint():
            self._settle((self.cash, -5)).action_settle()
        with self.assertRaisesRegex(UserError, "deposit lies"):
            self._settle((self.cash, 500)).action_deposit()
        self.assertFalse(self._invoices())

    def test_payments_go_to_the_own_store(self):
        foreign = self.env["account.journal"].search(
            [("company_id", "=", self.other_store.id), ("type", "=", "cash")]
        )
        with self.assertRaises(UserError):
            self._settle((foreign, 5)).action_settle()

    def test_settling_is_the_cashiers(self):
        for user in (self.advisor, self.technician, self.keeper, self.manager):
            with self.assertRaises(AccessError):
                self._settle(user=user)

    def test_what_is_not_done_is_not_billed(self):
        picking = self.oil_job.sudo().picking_ids.with_user(self.keeper)
        picking.action_workshop_issue()
        self.env.invalidate_all()
        self.assertEqual(self._settle().amount_due, 0)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.order.with_user(self.cashier).action_invoice()
        self._do(self.oil_job)
        self.assertEqual(self._settle().amount_due, 437)

    def test_a_bill_written_by_hand_is_held_to_the_order(self):
        labour = self.oil_job._labour_lines()
        vals = {
            "move_type": "out_invoice",
            "partner_id": self.wang.id,
            "company_id": self.store.id,
            "journal_id": self.env["account.journal"]
            .search([("company_id", "=", self.store.id), ("type", "=", "sale")])
            .id,
            "invoice_line_ids": [
                Command.create(labour._prepare_invoice_line(quantity=1))
            ],
        }
        Move = self.env["account.move"].with_company(self.store)
        with (
            self.assertRaisesRegex(UserError, "not authorised and done"),
            self.env.cr.savepoint(),
        ):
            Move.create(vals).action_post()
        self._do(self.oil_job)
        invoice = self.order.sale_order_id._create_invoices()
        line = invoice.invoice_line_ids.filtered(
            lambda line: line.sale_line_ids == labour
        )
        for change in ({"price_unit": 1}, {"quantity": 9}, {"discount": 50}):
            with (
                self.subTest(change=change),
                self.assertRaisesRegex(UserError, "as it was agreed"),
                self.env.cr.savepoint(),
            ):
                line.with_user(self.cashier).write(change)
                invoice.with_user(self.cashier).action_post()
        self.env.invalidate_all()
        invoice.with_user(self.cashier).action_post()
        self.assertEqual(invoice.state, "posted")

    def test_what_is_credited_is_paid_back_and_billed_again_on_purpose_only(self):
        self._do(self.oil_job)
        self._settle((self.cash, 437)).action_settle()
        self.assertEqual(self._till(self.cash), 437)
        self._credit(self._invoices())
        screen = self._settle((self.cash, 437))
        self.assertEqual(
            (screen.amount_to_bill, screen.amount_credited, screen.amount_due),
            (0, 437, -437),
        )
        self.assertEqual(self.order.amount_due, -437)
        action = self.order.with_user(self.cashier).action_open_invoices()
        self.assertEqual(len(action["domain"][0][2]), 2)
        with self.assertRaisesRegex(UserError, "the most"), self.env.cr.savepoint():
            self._settle((self.cash, 438)).action_pay_back()
        screen.action_pay_back()
        self.env.invalidate_all()
        self.assertEqual((self._till(self.cash), self.order.amount_due), (0, 0))
        rows = self.order._receipt_payments()
        self.assertEqual([row["amount"] for row in rows], [437, -437])
        again = self._settle()
        action = again.action_bill_again()
        self.assertEqual(action["res_model"], "workshop.order.settle")
        self.env.invalidate_all()
        self.assertEqual(self._settle().amount_due, 437)
        self._settle((self.cash, 437)).action_settle()
        self.env.invalidate_all()
        self.assertEqual((self._till(self.cash), self.order.amount_due), (437, 0))
        self.order.with_user(self.cashier).action_close()

    def test_what_is_owed_is_proposed_to_be_paid_back(self):
        self._do(self.oil_job)
        self._settle((self.cash, 437)).action_settle()
        self._credit(self._invoices())
        dialog = self.env["workshop.order.settle"].with_user(self.cashier)
        form = Form(dialog.with_context(default_order_id=self.order.id))
        self.assertFalse(form.open_ids[:])
        self.assertEqual(form.amount_due, -437)
        with form.payment_ids.edit(0) as payment:
            self.assertEqual(payment.amount, 437)
        form.save().action_pay_back()
        self.env.invalidate_all()
        self.assertEqual(self.order.amount_due, 0)

    def test_a_credit_is_of_what_was_billed(self):
        self._do(self.oil_job)
        self._settle((self.cash, 437)).action_settle()
        for change in ({"price_unit": 50}, {"quantity": 9}):
            note = self._credit(self._invoices(), post=False)
            line = note.invoice_line_ids.filtered(
                lambda line: line.sale_line_ids == self.oil_job._labour_lines()
            )
            with (
                self.subTest(change=change),
                self.assertRaisesRegex(UserError, "credited at the price billed"),
                self.env.cr.savepoint(),
            ):
                line.write(change)
                note.action_post()
            note.sudo().unlink()
        # A reduction is a line of its own, and the work stays billed.
        note = self._credit(self._invoices(), post=False)
        note.write(
            {
                "invoice_line_ids": [
                    *(Command.delete(line.id) for line in note.invoice_line_ids),
                    Command.create(
                        {
                            "name": "For the trouble",
                            "quantity": 1,
                            "price_unit": 50,
                            "tax_ids": [Command.clear()],
                        }
                    ),
                ]
            }
        )
        note.action_post()
        self.env.invalidate_all()
        self.assertEqual(self.order.amount_due, -50)
        self._settle((self.cash, 50)).action_pay_back()
        self.env.invalidate_all()
        self.assertEqual((self._till(self.cash), self.order.amount_due), (387, 0))
        self.order.with_user(self.cashier).action_close()

    def test_a_credit_note_bills_nothing_by_the_back_door(self):
        labour = self.oil_job._labour_lines()
        values = labour._prepare_invoice_line(quantity=-1)
        note = (
            self.env["account.move"]
            .with_company(self.store)
            .create(
                {
                    "move_type": "out_refund",
                    "partner_id": self.wang.id,
                    "company_id": self.store.id,
                    "journal_id": self.bank.search(
                        [("company_id", "=", self.store.id), ("type", "=", "sale")]
                    ).id,
                    "invoice_line_ids": [Command.create(values)],
                }
            )
        )
        with self.assertRaisesRegex(UserError, "not authorised and done"):
            note.action_post()

    def test_what_is_posted_is_not_written_anew(self):
        self._do(self.oil_job)
        invoice = self.order.sale_order_id._create_invoices()
        invoice.action_post()
        labour = self.oil_job._labour_lines()
        line = invoice.invoice_line_ids.filtered(
            lambda line: line.sale_line_ids == labour
        )
        # Odoo's own code asks such keys before it checks anything.
        hostile = {
            "check_move_validity": False,
            "skip_invoice_sync": True,
            "dynamic_unlink": True,
        }
        billed = line.with_user(self.cashier).with_context(**hostile)
        more = {**labour._prepare_invoice_line(quantity=1), "move_id": invoice.id}
        for attack in (
            lambda: billed.write({"quantity": 9}),
            lambda: billed.write({"price_unit": 1}),
            lambda: billed.write({"sale_line_ids": [Command.clear()]}),
            lambda: billed.write({"parent_state": "draft"}),
            lambda: billed.create(more),
            lambda: billed.move_id.write({"move_type": "out_refund"}),
        ):
            with (
                self.assertRaisesRegex(UserError, "is posted, so what it bills"),
                self.env.cr.savepoint(),
            ):
                attack()
        billed.write({"quantity": line.quantity, "name": "Oil, and thanks"})
        self.assertEqual(labour.qty_invoiced, 1)

    def test_a_deposit_above_the_first_bill_pays_the_next(self):
        twin = self.order.add_services(self.brake_service.ids)
        self.order.action_authorise()
        self._settle((self.cash, 300)).action_deposit()
        self.env.invalidate_all()
        screen = self._settle()
        self.assertEqual((screen.amount_to_bill, screen.amount_due), (0, 0))
        self._do(twin)
        # 80 is done of what 300 was paid for: the rest stays with the order.
        self._settle().action_settle()
        self.env.invalidate_all()
        self.assertEqual(self.order.amount_due, 437 + 80 - 300)
        self._do(self.oil_job)
        screen = self._settle((self.bank, 217))
        self.assertEqual(screen.amount_due, 217)
        screen.action_settle()
        self.env.invalidate_all()
        self.assertEqual(self.order.amount_due, 0)
        self.assertEqual(
            set(self._invoices().mapped("payment_state")) - {"paid", "in_payment"},
            set(),
        )
        self.assertEqual(self._till(self.cash), 300)
        self.order.with_user(self.cashier).action_close()

    def test_the_button_pressed_twice_takes_money_once(self):
        deposit = self._settle((self.cash, 100))
        deposit.action_deposit()
        with self.assertRaisesRegex(UserError, "recorded already"):
            deposit.action_deposit()
        self._do(self.oil_job)
        screen = self._settle((self.cash, 337))
        screen.action_settle()
        with self.assertRaisesRegex(UserError, "recorded already"):
            screen.action_settle()
        self.assertEqual(self._till(self.cash), 437)

    def _receipt(self):
        reports = self.env["ir.actions.report"].with_user(self.cashier)
        name = "workshop_order.workshop_order_report_receipt"
        return reports._render_qweb_html(name, self.order.ids)[0].decode()

    def test_the_receipt_names_work_money_and_what_was_declined(self):
        self._do(self.oil_job)
        self._settle((self.cash, 437)).action_settle()
        self.env.invalidate_all()
        text = self._receipt()
        for words in ("Oil change", "437", "Brake check", self.cash.name):
            self.assertIn(words, text)

    def test_the_receipt_tells_the_next_maintenance(self):
        self.assertEqual(self.order._receipt_next_maintenance(), [])
        self._do(self.oil_job)
        version = self.oil_job.version_id
        version.flush_recordset()
        self.env.cr.execute(
            "UPDATE workshop_service_version SET interval_km = 10000,"
            " interval_months = 12 WHERE id = %s",
            [version.id],
        )
        self.env.invalidate_all()
        [row] = self.order._receipt_next_maintenance()
        self.assertEqual(row["name"], "Oil change")
        self.assertIn("52,000 km or ", row["when"])
        self.assertIn("52,000 km", self._receipt())
        vehicle = self.vehicle
        today = self.store._workshop_day(fields.Datetime.now())
        [late] = vehicle._next_maintenance(self.release, 53_000, today)
        self.assertIn("now: 52,000 km", late["when"])
