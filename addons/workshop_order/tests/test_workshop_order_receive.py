from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import WorkshopOrderCommon


@tagged("post_install", "-at_install")
class TestWorkshopOrderReceive(WorkshopOrderCommon):
    def _reception(self, user):
        form = Form(self.env["workshop.order.receive"].with_user(user))
        form.vehicle_id = self.vehicle
        form.odometer = 42_100
        form.service_ids.add(self.brake_service)
        return form.save()

    def test_an_advisor_receives_a_car(self):
        reception = self._reception(self.advisor)
        self.assertEqual(reception.partner_id, self.wang)
        action = reception.action_receive()
        order = self.env["workshop.order"].browse(action["res_id"])
        self.assertEqual(order.advisor_id, self.advisor)
        self.assertEqual(order.company_id, self.store)
        self.assertEqual(reception.action_receive()["res_id"], order.id)

    def test_a_technician_receives_nothing(self):
        with self.assertRaises(AccessError):
            self.env["workshop.order.receive"].with_user(self.technician).create(
                {"vehicle_id": self.vehicle.id, "company_id": self.store.id}
            )
        with self.assertRaises(AccessError):
            self._receive(self.technician)

    def test_only_services_of_the_release_are_offered_later(self):
        later = self._create_service("LAT-T", "Later")
        order = self._receive()
        wizard = (
            self.env["workshop.order.add"]
            .with_user(self.advisor)
            .create({"order_id": order.id, "service_ids": self.brake_service.ids})
        )
        self.assertNotIn(later, wizard.offered_ids)
        wizard.action_add()
        self.assertEqual(order.job_ids[-1].service_id, self.brake_service)
