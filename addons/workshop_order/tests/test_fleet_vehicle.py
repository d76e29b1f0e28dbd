from unittest.mock import patch

from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import WorkshopOrderCommon


@tagged("post_install", "-at_install")
class TestFleetVehicle(WorkshopOrderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()
        intervals = {cls.oil_service: (10_000, 12), cls.brake_service: (0, 24)}
        Version = cls.env.registry["workshop.service.version"]
        cls.startClassPatcher(
            patch.object(
                Version,
                "_maintenance_interval",
                lambda version: intervals.get(version.service_id, (0, 0)),
            )
        )

    def _due(self, odometer, **later):
        return {
            row["version"].service_id: row
            for row in self.vehicle._due_maintenance(
                self.release, odometer, self.today + relativedelta(**later)
            )
        }

    def _done(self, odometer=42_000, user=None, services=None):
        order = self._receive(
            user,
            odometer=odometer,
            service_ids=(services or self.oil_service).ids,
            complaint=f"At {odometer}",
        )
        order.action_authorise()
        order = order.with_env(self.env)
        order.job_ids._put({"finished_at": fields.Datetime.now()})
        return order

    def test_due_by_distance(self):
        self._done(42_000)
        self.assertFalse(self._due(50_000))
        self.assertEqual(self._due(51_000)[self.oil_service]["status"], "soon")
        due = self._due(52_300)[self.oil_service]
        self.assertEqual(due["status"], "due")
        self.assertIn("10,000 km / 12 months", due["reason"])
        self.assertIn("10,300 km", due["reason"])
        self.assertIn("42,000", due["reason"])

    def test_due_by_time(self):
        self._done(42_000, services=self.oil_service | self.brake_service)
        self.assertEqual(
            self._due(42_100, months=11, days=15)[self.oil_service]["status"], "soon"
        )
        later = self._due(42_100, months=24)
        self.assertEqual(list(later), [self.oil_service, self.brake_service])
        self.assertEqual(later[self.brake_service]["status"], "due")

    def test_what_another_store_did_counts(self):
        self._done(42_000, self.stranger)
        self.assertFalse(self._due(43_000))

    def test_only_what_was_done_counts(self):
        order = self._receive(odometer=42_000)
        self.assertEqual(self._due(43_000)[self.oil_service]["status"], "unrecorded")
        order.action_authorise()
        self.assertEqual(self._due(43_000)[self.oil_service]["status"], "unrecorded")

    def test_a_car_that_was_never_here_is_asked_about_by_its_age(self):
        self.assertFalse(self._due(9_000))
        due = self._due(43_000)
        self.assertEqual(list(due), [self.oil_service])
        self.assertIn("Nothing on record", due[self.oil_service]["reason"])
        self.vehicle.model_year = str(self.today.year - 3)
        self.assertEqual(set(self._due(9_000)), {self.oil_service, self.brake_service})

    def test_miles_are_no_kilometres(self):
        self.vehicle.odometer_unit = "miles"
        self._done(42_000)
        self.assertEqual(self._due(48_300)[self.oil_service]["status"], "due")

    def test_another_instrument_does_not_hide_what_was_driven(self):
        self._done(42_000)
        self._receive(odometer=500, odometer_reason="New instrument", service_ids=[])
        self.assertFalse(self._due(2_000))
        self.assertEqual(self._due(10_600)[self.oil_service]["status"], "due")

    def test_the_file_shows_visits_parts_and_their_orders(self):
        order = self._receive()
        order.action_authorise()
        self._pass(order.job_ids.with_env(self.env))
        for role in ("advisor", "technician", "cashier", "keeper", "manager"):
            vehicle = self.vehicle.with_user(getattr(self, role))
            self.assertEqual(vehicle.visit_count, 1)
            self.assertEqual(vehicle.recent_visit_ids.services, "Oil change")
            self.assertEqual(
                set(vehicle.recent_part_ids.product_id.ids),
                {self.oil.id, self.filter.id},
            )
            self.assertEqual(
                vehicle.recent_visit_ids.action_open_order()["res_id"], order.id
            )
            self.assertTrue(
                Form(vehicle, view="workshop_vehicle.fleet_vehicle_view_form")
            )
        far = self.vehicle.with_user(self.stranger).recent_visit_ids
        self.assertEqual(far.services, "Oil change")
        self.assertFalse(far.is_readable)
        with self.assertRaises(AccessError):
            far.action_open_order()
        with self.assertRaises(AccessError):
            self.vehicle.with_user(self.stranger).recent_part_ids[0].action_open_order()

    def test_a_cancelled_visit_is_none(self):
        order = self._receive()
        order.action_cancel()
        self.assertFalse(self.vehicle.recent_visit_ids)

    def test_the_last_visit_is_known(self):
        order = self._receive()
        self.assertEqual(self.vehicle.last_visit_at.date(), order.received_at.date())

    def test_receiving_from_the_file_opens_the_desk_with_the_car(self):
        action = self.vehicle.with_user(self.advisor).action_receive()
        self.assertEqual(action["tag"], "workshop_reception")
        self.assertEqual(action["context"], {"reception_vehicle_id": self.vehicle.id})
