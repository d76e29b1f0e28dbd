from odoo.tests import tagged

from odoo.addons.workshop_vehicle import plate, vin

from ..loaders import customers, tables, vehicles
from .common import DemoCase


@tagged("post_install", "-at_install")
class TestVehicles(DemoCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vehicles = cls.env["fleet.vehicle"].concat(
            *vehicles.vehicles(cls.env).values()
        )

    def test_forty_customers_own_fifty_vehicles(self):
        partners = customers.customers(self.env)
        self.assertEqual(len(partners), 40)
        self.assertEqual(len(self.vehicles), 50)
        self.assertEqual(
            set(self.vehicles.owner_id.ids), {p.id for p in partners.values()}
        )

    def test_every_vin_is_valid(self):
        for vehicle in self.vehicles:
            self.assertTrue(vin.is_valid(vehicle.vin_sn), vehicle.vin_sn)
            self.assertFalse(vehicle.vin_confirmed)
            self.assertEqual(vehicle.vin_year, int(vehicle.model_year))

    def test_plates_are_unique_and_kept_as_they_are_searched(self):
        plates = self.vehicles.mapped("license_plate")
        self.assertEqual(len(set(plates)), 50)
        for row in tables.rows("vehicles"):
            found = self.env["fleet.vehicle"].find_by_plate_or_vin(row["plate"])
            self.assertEqual(found.vin_sn, row["vin"])
            self.assertEqual(found.license_plate, plate.normalise(row["plate"]))

    def test_vehicles_belong_to_no_store(self):
        self.assertFalse(self.vehicles.company_id)
        self.assertFalse(self.vehicles.driver_id)

    def test_every_vehicle_was_read_by_an_advisor(self):
        for vehicle in self.vehicles:
            self.assertGreaterEqual(len(vehicle.reading_ids), 2)
            self.assertGreater(vehicle.last_reading, 0)
            for reading in vehicle.reading_ids:
                self.assertIn("advisor", reading.user_id._workshop_roles())
                self.assertIn(reading.company_id, self.stores.values())
