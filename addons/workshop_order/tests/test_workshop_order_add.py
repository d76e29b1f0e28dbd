from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import WorkshopOrderCommon


@tagged("post_install", "-at_install")
class TestWorkshopOrderAdd(WorkshopOrderCommon):
    def _dialog(self, order, user=None):
        Dialog = self.env["workshop.order.add"].with_user(user or self.advisor)
        return Dialog.with_context(default_order_id=order.id)

    def test_only_services_of_the_release_are_offered_later(self):
        later = self._create_service("LAT-T", "Later")
        order = self._receive()
        wizard = self._dialog(order).create({"service_ids": self.brake_service.ids})
        self.assertNotIn(later, wizard.offered_ids)
        wizard.action_add()
        self.assertEqual(order.job_ids[-1].service_id, self.brake_service)

    def test_a_second_press_adds_nothing(self):
        order = self._receive(service_ids=[])
        wizard = self._dialog(order).create({"service_ids": self.brake_service.ids})
        wizard.action_add()
        with self.assertRaisesRegex(UserError, "recorded already"):
            wizard.action_add()
        self.assertEqual(len(order.job_ids), 1)

    def test_a_package_shows_its_price_and_is_added_once(self):
        order = self._receive(service_ids=[])
        with Form(self._dialog(order)) as form:
            self.assertIn(self.package, form.offered_package_ids[:])
            form.package_id = self.package
            self.assertEqual((form.package_price, form.package_price_alone), (467, 517))
            form.service_ids = self.brake_service
            self.assertEqual(form.price, 467 + 80)
            self.assertEqual(form.twice_ids[:], self.brake_service)
            form.service_ids = form.service_ids[:] - self.brake_service
            self.assertFalse(form.twice_ids[:])
        form.record.action_add()
        self.assertEqual(len(order.job_ids), 2)
        offered = self._dialog(order).create({}).offered_package_ids
        self.assertNotIn(self.package, offered)

    def test_what_was_done_before_is_made_good(self):
        first = self._receive()
        first.action_authorise()
        self._pass(first.job_ids)
        order = self._receive(self.manager, complaint="Leaks", service_ids=[])
        form = Form(self._dialog(order, self.manager))
        with form.again_ids.edit(0) as row:
            self.assertEqual(row.by, self.technician.name)
            row.payer = "comeback"
        form.save().action_add()
        self.assertEqual(order.job_ids.original_job_id, first.job_ids)
        self.assertEqual((order.job_ids.payer, order.amount_total), ("comeback", 0))

    def test_nothing_chosen_is_said(self):
        order = self._receive()
        with self.assertRaisesRegex(UserError, "Choose what"):
            self._dialog(order).create({}).action_add()

    def test_the_dialog_is_for_those_who_receive(self):
        order = self._receive()
        for user in (self.technician, self.cashier, self.keeper, self.inspector):
            for model in ("workshop.order.add", "workshop.order.add.again"):
                with self.assertRaises(AccessError):
                    self.env[model].with_user(user).create({})
        with self.assertRaises(AccessError):
            self._dialog(order, self.stranger).create(
                {"service_ids": self.brake_service.ids}
            ).action_add()
