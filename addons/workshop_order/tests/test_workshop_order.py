from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import WorkshopOrderCommon


@tagged("post_install", "-at_install")
class TestWorkshopOrder(WorkshopOrderCommon):
    def test_receiving_makes_order_jobs_and_bill(self):
        order = self._receive()
        self.assertEqual(order.state, "draft")
        self.assertTrue(order.name.startswith("TS01-"))
        self.assertEqual(order.partner_id, self.wang)
        self.assertEqual(order.release_id, self.release)
        self.assertEqual(order.reading_id.value, 42_000)
        self.assertEqual(order.job_ids.mapped("state"), ["proposed"])
        bill = order.sale_order_id
        self.assertEqual(bill.company_id, self.store)
        self.assertEqual(bill.warehouse_id.company_id, self.store)
        self.assertEqual(bill.amount_total, 120 + 4 * 68 + 45)
        self.assertEqual(order.amount_total, bill.amount_total)

    def test_a_second_click_finds_the_same_order(self):
        order = self._receive()
        self.assertEqual(self._receive(), order)
        self.assertEqual(len(order.job_ids), 1)
        self.assertEqual(len(self.vehicle.reading_ids), 1)

    def test_other_words_are_another_reception(self):
        self.assertNotEqual(self._receive(), self._receive(complaint="Needs oil"))

    def test_a_cancelled_reception_can_be_repeated(self):
        order = self._receive()
        order.action_cancel()
        self.assertNotEqual(self._receive(), order)

    def test_the_numbers_of_each_store_are_its_own(self):
        first, second = self._receive(), self._receive(complaint="Again")
        theirs = self._receive(self.stranger)
        self.assertTrue(theirs.name.startswith("TN01-"))
        numbers = [int(order.name.split("-")[1]) for order in first | second]
        self.assertEqual(numbers[1], numbers[0] + 1)

    def test_an_unknown_plate_is_refused_by_name(self):
        with self.assertRaisesRegex(UserError, "粤Z99999"):
            self._receive(plate="粤Z99999")

    def test_a_car_without_owner_is_refused(self):
        self._create_vehicle(license_plate="粤A99999")
        with self.assertRaisesRegex(UserError, "no owner"):
            self._receive(plate="粤A99999")

    def test_cars_are_received_in_stores_only(self):
        with self.assertRaisesRegex(UserError, "choose one"):
            self.env["workshop.order"].with_company(self.hq).receive(
                {"plate": "粤A12345", "odometer": 1}
            )

    def test_unknown_values_are_refused(self):
        with self.assertRaises(ValidationError):
            self._receive(state="done")

    def test_a_service_that_is_not_offered_undoes_the_whole_reception(self):
        service = self._create_service("NEW-T", "Not released")
        before = self.env["sale.order"].search_count([])
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self._receive(service_ids=service.ids)
        self.assertEqual(self.env["sale.order"].search_count([]), before)

    def test_nobody_makes_an_order_but_by_receiving(self):
        order = self._receive()
        vals = order.sudo().read(["vehicle_id", "partner_id"], load="")[0]
        vals.pop("id")
        for user in (self.advisor, self.manager, self.env.user):
            with self.assertRaisesRegex(UserError, "Receive"):
                order.with_user(user).create(vals)
        with self.assertRaises(UserError):
            order.copy()

    def test_what_follows_from_events_cannot_be_written(self):
        order = self._receive()
        for vals in (
            {"state": "done"},
            {"state": "open"},
            {"release_id": self.release.id},
            {"company_id": self.other_store.id},
            {"partner_id": self.li.id},
            {"sale_order_id": False},
            {"name": "X"},
            {"sheet_token": "x" * 32},
            {"received_at": "2020-01-01 00:00:00"},
            {"job_ids": []},
        ):
            for user in (self.advisor, self.manager):
                writer = order.with_user(user).with_context(workshop_guard=False)
                with self.subTest(vals=vals), self.assertRaises(UserError):
                    writer.write(vals)
        with self.assertRaises(UserError):
            order.sudo().write({"state": "done"})

    def test_the_desk_may_correct_words_until_the_order_is_closed(self):
        order = self._receive()
        order.complaint = "Squeals, left front"
        order.advisor_id = self.manager
        order.action_cancel()
        with self.assertRaisesRegex(UserError, "stays as it is"):
            order.complaint = "Too late"
        order.message_post(body="A note is always possible")

    def test_an_order_is_never_deleted(self):
        with self.assertRaises(UserError):
            self._receive().sudo().unlink()

    def test_authorising_confirms_the_bill_and_opens_the_floor(self):
        order = self._receive()
        order.action_authorise()
        self.assertEqual(order.state, "open")
        self.assertEqual(order.sale_order_id.state, "sale")
        self.assertEqual(order.job_ids.state, "authorised")
        self.assertEqual(order.job_ids.phase, "waiting")
        moves = order.sale_order_id.picking_ids.move_ids
        self.assertEqual(sorted(moves.mapped("product_uom_qty")), [1, 4])
        with self.assertRaisesRegex(UserError, "no proposed job"):
            order.action_authorise()

    def test_only_the_authorised_job_is_ordered(self):
        order = self._receive(service_ids=(self.oil_service | self.brake_service).ids)
        oil, brake = order.job_ids
        brake.action_authorise()
        self.assertEqual(order.sale_order_id.amount_total, 80)
        self.assertFalse(order.sale_order_id.picking_ids)
        self.assertEqual(oil.price, 437)
        oil.action_authorise()
        self.assertEqual(order.sale_order_id.amount_total, 80 + 437)
        self.assertEqual(len(order.sale_order_id.picking_ids.move_ids), 2)

    def test_a_job_added_later_follows_the_release_of_the_order(self):
        order = self._receive()
        order.action_authorise()
        tomorrow = self.release.effective_on.replace(year=2099)
        self._release("Dearer", {self.brake_service: (999, 1, {})}, tomorrow)
        job = order.add_services(self.brake_service.ids)
        self.assertEqual(job.price, 80)
        self.assertEqual(order.sale_order_id.amount_total, 437)
        job.action_authorise()
        self.assertEqual(order.sale_order_id.amount_total, 517)

    def test_cancelling_cancels_the_bill_and_closes_the_floor(self):
        order = self._receive()
        order.action_authorise()
        order.action_cancel()
        self.assertEqual(order.sale_order_id.state, "cancel")
        verdict = self._confirm(order.job_ids, "start", self.technician)
        self.assertNotEqual(verdict.effect, "applied")
        self.assertEqual(order.state, "cancelled")
        with self.assertRaises(UserError):
            order.action_cancel()

    def test_two_advisors_at_one_order_lose_nothing_and_are_told(self):
        order = self._receive().with_context(tracking_disable=False)
        self.env.cr.flush()
        for user, words in ((self.advisor, "On the left"), (self.manager, "Right")):
            order.with_user(user).complaint = words
            self.env.cr.flush()
        values = order.sudo().message_ids.tracking_value_ids
        self.assertIn("On the left", values.mapped("old_value_text"))
        order.with_user(self.advisor).complaint = "Both"
        told = [
            value["message"]
            for value in self.env.cr.precommit.data["bus.bus.values"]
            if "workshop_order.floor" in value["message"]
        ]
        self.assertIn(self.advisor.name, told[-1])

    def test_an_order_that_was_worked_on_is_not_cancelled(self):
        order = self._receive()
        order.action_authorise()
        self._finish(order.job_ids)
        with self.assertRaisesRegex(UserError, "is done"), self.env.cr.savepoint():
            order.action_cancel()

    def test_an_order_lives_from_reception_to_payment(self):
        order = self._receive()
        order.action_authorise()
        self._pass(order.job_ids)
        self.assertEqual(order.state, "done")
        as_cashier = order.with_user(self.cashier)
        with self.assertRaisesRegex(UserError, "not billed"), self.env.cr.savepoint():
            as_cashier.action_close()
        action = as_cashier.action_invoice()
        invoice = (
            self.env["account.move"].with_user(self.cashier).browse(action["res_id"])
        )
        self.assertEqual(invoice.company_id, self.store)
        self.assertEqual(invoice.journal_id.company_id, self.store)
        self.assertEqual(invoice.amount_total, 437)
        invoice.action_post()
        self.assertEqual(order.amount_due, 437)
        self.env["account.payment.register"].with_user(self.cashier).with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({}).action_create_payments()
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        order.invalidate_recordset()
        self.assertEqual(order.amount_due, 0)
        as_cashier.action_close()
        self.assertEqual(order.state, "closed")
        with self.assertRaises(UserError):
            order.add_services(self.brake_service.ids)

    def test_renewing_makes_the_printed_sheet_worthless(self):
        order = self._receive()
        before = order.sudo().sheet_token
        order.action_renew_sheet()
        Order = self.env["workshop.order"]
        self.assertFalse(Order._find_by_sheet(before))
        self.assertEqual(Order._find_by_sheet(order.sudo().sheet_token), order)
