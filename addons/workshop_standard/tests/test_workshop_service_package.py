from psycopg2.errors import CheckViolation

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import WorkshopStandardCommon


@tagged("post_install", "-at_install")
class TestWorkshopServicePackage(WorkshopStandardCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.third = cls.env["workshop.service"].create(
            {"code": "TWSH", "name": "Wash", "category_id": cls.category.id}
        )
        cls.all = cls.oil | cls.brakes | cls.third
        cls.release = cls._create_release("R1", "2050-01-01", cls.all)
        cls.package = cls.env["workshop.service.package"].create(
            {
                "release_id": cls.release.id,
                "code": "ALL",
                "name": "All in one",
                "category_id": cls.category.id,
                "service_ids": [Command.set(cls.all.ids)],
                "price": 100,
            }
        )
        cls.car = cls._create_vehicle()

    def test_the_price_is_split_to_the_cent(self):
        self.assertEqual(self.package.price_alone, 360)
        split = self.package._get_price_split(self.car, self.store)
        self.assertEqual(sum(round(100 * amount) for _v, amount in split), 10_000)
        self.assertEqual(
            sorted(amount for _version, amount in split), [33.33, 33.33, 33.34]
        )
        self.release._version_of(self.oil).price = 0
        split = dict(self.package._get_price_split(self.car, self.store))
        self.assertEqual(split[self.release._version_of(self.oil)], 0)
        self.release.version_ids.price = 0
        split = self.package._get_price_split(self.car, self.store)
        self.assertEqual(sum(round(100 * amount) for _v, amount in split), 10_000)

    def test_a_package_is_of_services_that_are_offered(self):
        self.release._version_of(self.third).unlink()
        with self.assertRaisesRegex(UserError, "does not offer"):
            self.release.action_release()

    def test_a_package_goes_on_with_the_next_release_and_is_frozen(self):
        self.release.action_release()
        draft = self._create_release("R2", "2051-01-01", self.all)
        # Beside those of the demo, where that is there.
        carried = draft.package_ids.filtered(lambda p: p.code == "ALL")
        self.assertEqual(carried.price, 100)
        self.assertEqual(carried.service_ids, self.all)
        carried.price = 90
        draft.action_release()
        self.assertEqual(self.package.price, 100)
        self.assertEqual(draft._get_packages(), draft.package_ids)
        for user in (self.env.ref("base.user_root"), self.hanna):
            for act in (
                lambda p: p.with_context(force=1).write({"price": 1}),
                lambda p: p.write({"service_ids": [Command.clear()]}),
                lambda p: p.unlink(),
                lambda p: p.copy({"code": "X"}),
            ):
                with (
                    self.assertRaisesRegex(UserError, "nothing in it changes"),
                    self.cr.savepoint(),
                ):
                    act(self.package.with_user(user))

    @mute_logger("odoo.sql_db")
    def test_a_package_is_several_services_for_a_price(self):
        with self.assertRaisesRegex(ValidationError, "two services"):
            self.package.service_ids = self.oil
        with self.assertRaises(CheckViolation), self.cr.savepoint():
            self.package.price = 0
            self.env.flush_all()

    def test_staff_read_released_packages_only(self):
        package = self.package.with_user(self._create_user("ada_k", "advisor"))
        self.assertFalse(package.has_access("read"))
        self.release.action_release()
        self.assertEqual(package.price_alone, 360)
        for act in (
            lambda: package.write({"price": 1}),
            lambda: package.unlink(),
            lambda: package.copy({"code": "X"}),
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                act()
        for operation in ("write", "create", "unlink"):
            self.assertFalse(package.has_access(operation))
