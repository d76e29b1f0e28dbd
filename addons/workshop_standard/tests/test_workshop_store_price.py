from psycopg2.errors import CheckViolation, UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import WorkshopStandardCommon


@tagged("post_install", "-at_install")
class TestWorkshopStorePrice(WorkshopStandardCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.suv = cls.env.ref("workshop_vehicle.workshop_vehicle_class_suv")
        cls.release = cls._create_release("R1", "2050-01-01", cls.oil | cls.brakes)
        cls.version = cls.release._version_of(cls.oil)
        cls.fixed = cls.release._version_of(cls.brakes)
        cls.version.write(
            {
                "price_min": 100,
                "price_max": 140,
                "rate_ids": [
                    Command.create(
                        {
                            "class_id": cls.suv.id,
                            "labour_hours": 1,
                            "price": 200,
                            "price_min": 180,
                            "price_max": 220,
                        }
                    )
                ],
            }
        )
        cls.release.action_release()
        cls.manager = cls._create_user("max_p", "store_manager")
        cls.car = cls._create_vehicle(model="Small")
        cls.big = cls._create_vehicle(model="Big", workshop_class_id=cls.suv.id)

    def _set(self, price, user=None, version=None, **vals):
        return (
            self.env["workshop.store.price"]
            .with_user(user or self.manager)
            .create(
                {
                    "company_id": self.store.id,
                    "version_id": (version or self.version).id,
                    "price": price,
                    **vals,
                }
            )
        )

    def test_a_store_has_its_price_and_others_hqs(self):
        self._set(135)
        self._set(210, rate_id=self.version.rate_ids.id)
        for vehicle, own, hq in ((self.car, 135, 120), (self.big, 210, 200)):
            self.assertEqual(self.version._get_price(vehicle, self.store), own)
            self.assertEqual(self.version._get_price(vehicle, self.other_store), hq)

    def test_the_price_is_the_stores_whoever_asks(self):
        self._set(135)
        stranger = self._create_user("otto_p", "advisor", stores=self.other_store)
        version = self.version.with_user(stranger)
        self.assertEqual(version._get_price(self.car, self.store), 135)

    def test_what_hq_did_not_leave_open_is_refused_to_everybody(self):
        own = self._set(135)
        for user in (self.env.ref("base.user_root"), self.manager, self.hanna):
            for act, said in (
                (lambda u: self._set(90, u), "from .*100.* to .*140"),
                (lambda u: self._set(141, u), "from .*100.* to .*140"),
                (lambda u: self._set(0, u), "from .*100.* to .*140"),
                (
                    lambda u: self._set(140, u, rate_id=self.version.rate_ids.id),
                    "from .*180.* to .*220",
                ),
                (lambda u: self._set(120, u, self.fixed), "holds in every store"),
                # A client that brings its own band brings nothing.
                (
                    lambda u: self._set(1, u, price_min=0, price_max=999),
                    "from .*100.* to .*140",
                ),
                (
                    lambda u: own.with_user(u)
                    .with_context(force=1)
                    .write({"price": 999}),
                    "from .*100.* to .*140",
                ),
                (
                    lambda u: own.with_user(u).write({"price_max": 999, "price": 999}),
                    "remove it",
                ),
                (
                    lambda u: own.with_user(u).write({"version_id": self.fixed.id}),
                    "remove it",
                ),
            ):
                with (
                    self.subTest(user=user.login, said=said),
                    self.assertRaisesRegex(UserError, said),
                    self.cr.savepoint(),
                ):
                    act(user)
        self.assertEqual(own.price, 135)

    @mute_logger("odoo.sql_db")
    def test_the_database_holds_the_band_too(self):
        own = self._set(135)
        self.env.flush_all()
        with self.assertRaises(CheckViolation), self.cr.savepoint():
            self.cr.execute(
                "UPDATE workshop_store_price SET price = 99 WHERE id = %s", (own.id,)
            )
        with self.assertRaises(UniqueViolation), self.cr.savepoint():
            self._set(130)

    def test_prices_of_a_draft_or_of_no_store_are_refused(self):
        draft = self._create_release("R2", "2051-01-01")
        with self.assertRaisesRegex(UserError, "a draft yet"):
            self._set(120, self.hanna, draft._version_of(self.oil))
        with self.assertRaisesRegex(UserError, "Only a store"):
            self._set(120, self.hanna, company_id=self.hq.id)
        with self.assertRaisesRegex(UserError, "of its own"):
            self._set(200, version=self.fixed, rate_id=self.version.rate_ids.id)

    def test_a_price_goes_on_while_the_next_band_allows_it(self):
        self._set(135)
        self._set(110, company_id=self.other_store.id, user=self.hanna)
        self._set(210, rate_id=self.version.rate_ids.id)
        draft = self._create_release("R2", "2051-01-01")
        version = draft._version_of(self.oil)
        version.write({"price_min": 115, "price_max": 150})
        draft.with_user(self.hanna).action_release()
        self.assertEqual(version._get_price(self.car, self.store), 135)
        self.assertEqual(version._get_price(self.car, self.other_store), 120)
        self.assertEqual(version._get_price(self.big, self.store), 210)

    def test_each_sees_and_sets_what_is_his_stores(self):
        own = self._set(135)
        stranger = self._create_user("mona_p", "store_manager", stores=self.other_store)
        self.assertFalse(own.with_user(stranger).has_access("read"))
        with self.assertRaises(AccessError):
            self._set(190, stranger, rate_id=self.version.rate_ids.id)
        for role in ("advisor", "technician", "parts_keeper", "cashier", "qc"):
            seen = own.with_user(self._create_user(f"p_{role}", role))
            self.assertEqual(seen.price, 135)
            for act in (
                lambda s=seen: s.write({"price": 130}),
                lambda s=seen: s.unlink(),
                lambda s=seen: self._set(130, s.env.user, self.fixed),
            ):
                with self.assertRaises(UserError), self.cr.savepoint():
                    act()
            self.assertFalse(seen.has_access("write"))
        own.with_user(self.manager).unlink()
        self.assertEqual(self.version._get_price(self.car, self.store), 120)

    def test_a_manager_enters_a_price_in_the_list(self):
        form = Form(
            self.env["workshop.store.price"].with_user(self.manager),
            view="workshop_standard.workshop_store_price_view_list",
        )
        form.version_id = self.version
        self.assertEqual(
            (form.price_hq, form.price_min, form.price_max), (120, 100, 140)
        )
        form.price = 130
        self.assertEqual(form.save().company_id, self.store)
