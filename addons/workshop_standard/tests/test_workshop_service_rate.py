from psycopg2.errors import CheckViolation, UniqueViolation

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import WorkshopStandardCommon


@tagged("post_install", "-at_install")
class TestWorkshopServiceRate(WorkshopStandardCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.suv = cls.env.ref("workshop_vehicle.workshop_vehicle_class_suv")
        cls.release = cls._create_release("R1", "2050-01-01")
        cls.version = cls.release._version_of(cls.oil)
        cls.version.rate_ids = [
            Command.create({"class_id": cls.suv.id, "labour_hours": 0.8, "price": 160})
        ]
        cls.car = cls._create_vehicle(model="Small")
        cls.big = cls._create_vehicle(model="Big", workshop_class_id=cls.suv.id)

    def test_hours_and_price_go_by_the_class_else_by_default(self):
        for vehicle, hours, price in ((self.car, 0.5, 120), (self.big, 0.8, 160)):
            self.assertEqual(self.version._get_hours(vehicle), hours)
            self.assertEqual(self.version._get_price(vehicle, self.store), price)

    def test_a_class_written_on_the_vehicle_makes_nothing_cheaper(self):
        self.big.with_user(self._create_user("ada_r", "advisor")).write(
            {"workshop_class_id": False}
        )
        self.assertEqual(self.version._get_price(self.big, self.store), 160)

    @mute_logger("odoo.sql_db")
    def test_a_class_has_one_sane_rate(self):
        rate = self.version.rate_ids
        with self.assertRaises(UniqueViolation), self.cr.savepoint():
            rate.copy()
        for vals in (
            {"labour_hours": 0},
            {"price": -1},
            {"price_min": 170, "price_max": 180},
        ):
            with self.assertRaises(CheckViolation), self.cr.savepoint():
                rate.write(vals)
                self.env.flush_all()

    def test_rates_are_carried_on_and_frozen(self):
        self.release.action_release()
        rate = self.version.rate_ids
        for user in (self.env.ref("base.user_root"), self.hanna):
            for act in (
                lambda r: r.with_context(force=True).write({"price": 1}),
                lambda r: r.unlink(),
                lambda r: r.copy({"class_id": r.class_id.copy({"code": "x"}).id}),
            ):
                with (
                    self.assertRaisesRegex(UserError, "nothing in it changes"),
                    self.cr.savepoint(),
                ):
                    act(rate.with_user(user))
        draft = self._create_release("R2", "2051-01-01")
        self.assertEqual(draft._version_of(self.oil).rate_ids.price, 160)

    def test_staff_read_released_rates_only(self):
        user = self._create_user("ada_r", "advisor")
        rate = self.version.rate_ids.with_user(user)
        self.assertFalse(rate.has_access("read"))
        self.release.action_release()
        self.assertEqual(rate.price, 160)
        for act in (
            lambda: rate.write({"price": 1}),
            lambda: rate.unlink(),
            lambda: rate.create({"version_id": self.version.id}),
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                act()
        for operation in ("write", "create", "unlink"):
            self.assertFalse(rate.has_access(operation))
