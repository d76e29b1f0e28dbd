from datetime import timedelta

from psycopg2.errors import CheckViolation, ExclusionViolation

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import WorkshopVehicleCommon


@tagged("post_install", "-at_install")
class TestWorkshopVehicleOwner(WorkshopVehicleCommon):
    def _create_owner(self, partner, date_from, date_to=False, env=None):
        return (env or self.env)["workshop.vehicle.owner"].create(
            {
                "vehicle_id": self.vehicle.id,
                "partner_id": partner.id,
                "date_from": date_from,
                "date_to": date_to,
            }
        )

    @mute_logger("odoo.sql_db")
    def test_a_car_has_one_owner_at_a_time(self):
        self._create_owner(self.wang, "2024-01-01", "2024-12-31")
        for dates in (
            ("2024-12-31", False),
            ("2023-01-01", "2024-01-01"),
            ("2024-05-01", "2024-06-01"),
            ("2023-01-01", False),
        ):
            with self.assertRaises(ExclusionViolation), self.cr.savepoint():
                self._create_owner(self.li, *dates)
        self._create_owner(self.li, "2025-01-01")

    @mute_logger("odoo.sql_db")
    def test_ownership_does_not_end_before_it_begins(self):
        with self.assertRaises(CheckViolation):
            self._create_owner(self.wang, "2024-02-01", "2024-01-01")

    def test_the_owner_is_whose_it_is_today(self):
        today = fields.Date.today()
        self._create_owner(self.wang, today - timedelta(365), today - timedelta(2))
        self._create_owner(self.li, today - timedelta(1))
        self.assertEqual(self.vehicle.owner_id, self.li)

    def test_vehicles_are_found_by_their_owner_of_today(self):
        today = fields.Date.today()
        self._create_owner(self.wang, today - timedelta(365), today - timedelta(2))
        bare = self._create_vehicle()
        Vehicle = self.env["fleet.vehicle"]
        own = fields.Domain("id", "in", (self.vehicle | bare).ids)

        def found(*leaf):
            return Vehicle.search(own & fields.Domain(*leaf))

        self.assertFalse(found("owner_id", "=", self.wang.id))
        self.assertEqual(found("owner_id", "=", False), self.vehicle | bare)
        self._create_owner(self.li, today - timedelta(1))
        self.assertEqual(found("owner_id", "=", self.li.id), self.vehicle)
        self.assertEqual(found("owner_id", "!=", self.li.id), bare)
        self.assertEqual(found("owner_id", "ilike", "Li Na"), self.vehicle)
        self.assertEqual(found("owner_id", "=", False), bare)
        self.assertEqual(found("owner_id", "!=", False), self.vehicle)
        self.assertEqual(
            found("owner_id", "in", [False, self.li.id]), self.vehicle | bare
        )

    def test_the_desk_enters_owners_and_the_floor_reads_them(self):
        owner = self._create_owner(
            self.wang, "2024-01-01", env=self.env(user=self.advisor)
        )
        owner.date_to = "2024-06-30"
        with self.assertRaises(AccessError):
            owner.unlink()
        for role in ("technician", "parts_keeper", "cashier", "qc"):
            seen = owner.with_user(self._create_user(f"u_{role}", role))
            self.assertEqual(seen.partner_id.name, "Wang Wei")
            with self.assertRaises(AccessError):
                seen.write({"partner_id": self.li.id})
            with self.assertRaises(AccessError):
                self._create_owner(self.li, "2025-01-01", env=seen.env)
        owner.with_user(self._create_user("ming", "store_manager")).unlink()
