from psycopg2.errors import CheckViolation, UniqueViolation

from odoo.exceptions import (
    AccessError,
    ConcurrencyError,
    UserError,
    ValidationError,
)
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import WorkshopVehicleCommon


@tagged("post_install", "-at_install")
class TestWorkshopVehicleReading(WorkshopVehicleCommon):
    def _read(self, value, at="2026-01-01 08:00:00", user=None, **vals):
        return (
            self.env["workshop.vehicle.reading"]
            .with_user(user or self.advisor)
            .create(
                {
                    "vehicle_id": self.vehicle.id,
                    "value": value,
                    "read_at": at,
                    **vals,
                }
            )
        )

    def test_the_newest_valid_reading_is_the_vehicles(self):
        self._read(10_000)
        newest = self._read(12_000, "2026-03-01 08:00:00")
        self._read(11_000, "2026-02-01 08:00:00")
        self.assertEqual(self.vehicle.last_reading_id, newest)
        self.assertEqual(
            (self.vehicle.last_reading, self.vehicle.odometer), (12_000,) * 2
        )

    def test_a_reading_beside_another_of_the_same_car_is_begun_anew(self):
        held = self._held_by_others("fleet.vehicle")
        with held, self.assertRaises(ConcurrencyError):
            self._read(10_000)

    def test_an_odometer_does_not_run_backwards_in_either_direction_of_time(self):
        self._read(10_000)
        self._read(12_000, "2026-03-01 08:00:00")
        with (
            self.assertRaisesRegex(UserError, "would run backwards"),
            self.cr.savepoint(),
        ):
            self._read(9_999, "2026-04-01 08:00:00")
        with (
            self.assertRaisesRegex(UserError, "would run backwards"),
            self.cr.savepoint(),
        ):
            self._read(12_001, "2026-02-01 08:00:00")
        with (
            self.assertRaisesRegex(UserError, "would run backwards"),
            self.cr.savepoint(),
        ):
            self._read(9_000, "2026-02-01 08:00:00")

    @mute_logger("odoo.sql_db")
    def test_another_instrument_begins_anew_with_a_reason(self):
        first = self._read(90_000)
        later = {"at": "2026-02-01 08:00:00", "is_backwards": True}
        with self.assertRaises(CheckViolation), self.cr.savepoint():
            self._read(10, **later)
        self._read(10, **later, reason="New instrument")
        last = self._read(2_010, "2026-03-01 08:00:00")
        self.assertEqual(self.vehicle.last_reading, 2_010)
        self.assertEqual(last._driven_since(first), 2_000)
        with self.assertRaisesRegex(UserError, "would run backwards"):
            self._read(1_000, "2026-04-01 08:00:00")

    def test_one_typing_error_does_not_stay_for_ever(self):
        wrong = self._read(540_000)
        with (
            self.assertRaisesRegex(UserError, "correct the reading"),
            self.cr.savepoint(),
        ):
            self._read(54_100, "2026-02-01 08:00:00")
        right = self._read(54_000, supersedes_id=wrong.id, reason="One digit too many")
        self.assertTrue(wrong.is_superseded)
        self.assertEqual(self.vehicle.last_reading_id, right)
        self._read(54_100, "2026-02-01 08:00:00")
        self.assertEqual(self.vehicle.last_reading, 54_100)
        Reading = self.env["workshop.vehicle.reading"]
        domain = [("vehicle_id", "=", self.vehicle.id)]
        self.assertEqual(Reading.search([*domain, ("is_superseded", "=", True)]), wrong)
        self.assertNotIn(
            wrong, Reading.search([*domain, ("is_superseded", "=", False)])
        )

    def test_a_correction_is_judged_at_the_time_of_what_it_corrects(self):
        wrong = self._read(540_000)
        context = wrong.action_correct()["context"]
        form = Form(
            self.env["workshop.vehicle.reading"]
            .with_user(self.advisor)
            .with_context(**context)
        )
        form.value = 54_000
        form.reason = "One digit too many"
        self.assertEqual(form.save().read_at, wrong.read_at)

    def test_a_correction_keeps_the_direction_too(self):
        self._read(10_000)
        wrong = self._read(12_000, "2026-03-01 08:00:00")
        with (
            self.assertRaisesRegex(UserError, "would run backwards"),
            self.cr.savepoint(),
        ):
            self._read(
                9_000, "2026-03-01 08:00:00", supersedes_id=wrong.id, reason="Typo"
            )

    @mute_logger("odoo.sql_db")
    def test_a_correction_needs_a_reason_and_is_made_once(self):
        wrong = self._read(540_000)
        with self.assertRaises(CheckViolation), self.cr.savepoint():
            self._read(54_000, supersedes_id=wrong.id)
        self._read(54_000, supersedes_id=wrong.id, reason="Typo")
        with self.assertRaises(UniqueViolation):
            self._read(54_001, supersedes_id=wrong.id, reason="Typo")

    def test_a_correction_stays_on_its_vehicle(self):
        wrong = self._read(540_000)
        with self.assertRaisesRegex(ValidationError, "belongs to the vehicle"):
            self._read(
                1,
                vehicle_id=self._create_vehicle().id,
                supersedes_id=wrong.id,
                reason="Typo",
            )

    @mute_logger("odoo.sql_db")
    def test_an_odometer_shows_no_less_than_zero(self):
        with self.assertRaises(CheckViolation):
            self._read(-1)

    def test_nobody_changes_or_deletes_a_reading(self):
        reading = self._read(10_000)
        for user in (
            self.env.user,
            self.advisor,
            self._create_user("ming", "store_manager"),
        ):
            for act in (
                lambda row: row.write({"value": 1}),
                lambda row: row.unlink(),
            ):
                with self.assertRaises(UserError):
                    act(reading.with_user(user))

    def test_who_reads_and_who_writes(self):
        reading = self._read(10_000)
        self._read(10_100, "2026-02-01 08:00:00", user=self.technician)
        for role in ("parts_keeper", "cashier", "qc"):
            user = self._create_user(f"u_{role}", role, stores=self.other_store)
            self.assertEqual(reading.with_user(user).value, 10_000)
            with self.assertRaises(AccessError):
                self._read(11_000, "2026-03-01 08:00:00", user=user)

    def test_nobody_writes_in_the_name_of_another_store(self):
        with self.assertRaises(AccessError):
            self._read(10_000, company_id=self.other_store.id)
