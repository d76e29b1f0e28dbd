from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import WorkshopStandardCommon


@tagged("post_install", "-at_install")
class TestWorkshopStorePart(WorkshopStandardCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kind = cls.env.ref("workshop_vehicle.workshop_part_kind_oil_filter")
        cls.car = cls._create_vehicle()
        cls.other_car = cls._create_vehicle(brand="Otherwagen", model="Other")
        cls.version = cls._create_release("R1", "2050-01-01")._version_of(cls.oil)
        first = cls.version.part_ids
        first.kind_id = cls.kind
        cls.second, cls.third = cls.env["product.product"].create(
            [{"name": "Second filter"}, {"name": "Third filter"}]
        )
        first.copy({"product_id": cls.second.id, "sequence": 20})
        cls.narrow = first.copy(
            {
                "product_id": cls.third.id,
                "sequence": 30,
                "brand_ids": cls.other_car.brand_id.ids,
            }
        )
        cls.version.release_id.action_release()

    def _carry(self, product, user=None, **vals):
        return (
            self.env["workshop.store.part"]
            .with_user(user or self.hanna)
            .create(
                {
                    "company_id": self.store.id,
                    "kind_id": self.kind.id,
                    "product_id": product.id,
                    **vals,
                }
            )
        )

    def _taken(self, car=None, store=None):
        parts = self.version._get_parts(car or self.car, store or self.store)
        return [product for product, _quantity in parts]

    def test_a_store_takes_what_it_carries_and_others_hqs_first(self):
        self._carry(self.second)
        self.assertEqual(self._taken(), [self.second])
        self.assertEqual(self._taken(store=self.other_store), [self.filter])

    def test_of_several_the_stores_order_holds_as_it_stands_now(self):
        second = self._carry(self.second, sequence=20)
        third = self._carry(self.third, sequence=10)
        self.assertEqual(self._taken(self.other_car), [self.third])
        # The third fits cars of the other brand alone.
        self.assertEqual(self._taken(), [self.second])
        third.sequence = 30
        self.assertEqual(self._taken(self.other_car), [self.second])
        (second | third).unlink()
        self.assertEqual(self._taken(self.other_car), [self.filter])

    def test_where_nothing_of_its_own_fits_hqs_order_holds(self):
        self._carry(self.third)
        self.assertEqual(self._taken(), [self.filter])

    def test_what_a_store_carries_as_another_kind_does_not_count(self):
        self._carry(
            self.second,
            kind_id=self.env.ref("workshop_vehicle.workshop_part_kind_engine_oil").id,
        )
        self.assertEqual(self._taken(), [self.filter])

    def test_hq_says_it_for_stores_alone(self):
        carried = self._carry(self.second)
        for user in (
            self._create_user("max_c", "store_manager"),
            self._create_user("kim_c", "parts_keeper"),
        ):
            self.assertEqual(carried.with_user(user).product_id, self.second)
            for act in (
                lambda user=user: self._carry(self.third, user),
                lambda user=user: carried.with_user(user).write({"sequence": 1}),
                lambda user=user: carried.with_user(user).unlink(),
            ):
                with self.assertRaises(AccessError), self.cr.savepoint():
                    act()
        with self.assertRaisesRegex(UserError, "Only a store"), self.cr.savepoint():
            self._carry(self.second, company_id=self.hq.id)

    def test_another_stores_are_nobodys_business(self):
        carried = self._carry(self.second)
        stranger = self._create_user("otto_c", "parts_keeper", stores=self.other_store)
        with self.assertRaises(AccessError):
            carried.with_user(stranger).read(["product_id"])
        # His quotes for that store's cars hold all the same.
        version = self.version.with_user(stranger)
        taken = version._get_parts(self.car, self.store)
        self.assertEqual([product for product, _quantity in taken], [self.second])

    @mute_logger("odoo.sql_db")
    def test_a_part_is_carried_once(self):
        self._carry(self.second)
        with self.assertRaises(UniqueViolation), self.cr.savepoint():
            self._carry(self.second)
