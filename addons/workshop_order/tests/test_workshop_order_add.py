from odoo.tests import tagged

from .common import WorkshopOrderCommon


@tagged("post_install", "-at_install")
class TestWorkshopOrderAdd(WorkshopOrderCommon):
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
