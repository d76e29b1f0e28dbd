from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import WorkshopOrderCommon

READERS = ("advisor", "technician", "inspector", "lead", "cashier", "keeper", "manager")


@tagged("post_install", "-at_install")
class TestWorkshopVehicleVisit(WorkshopOrderCommon):
    def test_every_role_reads_and_nobody_writes(self):
        self._receive()
        for model in ("workshop.vehicle.visit", "workshop.vehicle.part"):
            for role in READERS:
                Model = self.env[model].with_user(getattr(self, role))
                Model.search([("vehicle_id", "=", self.vehicle.id)])
                with self.subTest(role=role), self.assertRaises(AccessError):
                    Model.create({})
            clerk = self._create_user(f"clerk.{model}")
            with self.assertRaises(AccessError):
                self.env[model].with_user(clerk).search([])

    def test_a_visit_follows_its_order(self):
        self._receive(odometer=42_000)
        visit = self.env["workshop.vehicle.visit"].search(
            [("vehicle_id", "=", self.vehicle.id)]
        )
        self.assertEqual((visit.odometer, visit.state), (42_000, "draft"))
        self.assertTrue(visit.is_readable)
        with self.assertRaises(AccessError):
            visit.with_user(self.manager).unlink()
