from psycopg2.errors import CheckViolation

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import WorkshopStandardCommon


@tagged("post_install", "-at_install")
class TestWorkshopServicePart(WorkshopStandardCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kind = cls.env.ref("workshop_vehicle.workshop_part_kind_oil_filter")
        cls.oil_kind = cls.env.ref("workshop_vehicle.workshop_part_kind_engine_oil")
        cls.suv = cls.env["workshop.vehicle.class"].create(
            {"name": "Test SUV", "code": "test_suv"}
        )
        cls.car = cls._create_vehicle(model_year="2018", engine="ea211-dls")
        cls.other = cls._create_vehicle(brand="Otherwagen", model="Other")
        cls.engine_oil, cls.second = cls.env["product.product"].create(
            [{"name": "Engine oil", "type": "consu"}, {"name": "Other filter"}]
        )
        cls.version = cls._create_release("R1", "2050-01-01")._version_of(cls.oil)
        cls.part = cls.version.part_ids
        cls.part.kind_id = cls.kind

    def test_without_fitment_a_part_fits_every_vehicle(self):
        for vehicle in (self.car, self.other):
            self.assertEqual(
                self.version._get_parts(vehicle, self.store), [(self.filter, 1)]
            )

    def test_a_part_fits_by_brand_model_year_engine_and_fuel(self):
        brand, model = self.car.model_id.brand_id, self.car.model_id
        for vals, fits in (
            ({"brand_ids": [Command.set(brand.ids)]}, True),
            ({"brand_ids": [Command.set(self.other.brand_id.ids)]}, False),
            ({"model_ids": [Command.set(model.ids)]}, True),
            ({"model_ids": [Command.set(self.other.model_id.ids)]}, False),
            (
                {
                    "brand_ids": [Command.set(self.other.brand_id.ids)],
                    "model_ids": [Command.set(model.ids)],
                },
                True,
            ),
            ({"year_from": 2018, "year_to": 2018}, True),
            ({"year_from": 2019}, False),
            ({"year_to": 2017}, False),
            ({"engines": "EA888, EA211"}, True),
            ({"engines": "EA888"}, False),
            ({"fuel_type": "gasoline"}, True),
            ({"fuel_type": "diesel"}, False),
        ):
            with self.subTest(vals=vals), self.cr.savepoint():
                part = self.part.copy({"product_id": self.second.id, **vals})
                self.assertEqual(part._fits(self.car), fits)
                part.unlink()

    def test_what_is_not_on_file_is_not_taken_to_fit(self):
        self.car.write({"model_year": False, "engine": False})
        self.part.year_from = 2000
        self.assertFalse(self.part._fits(self.car))
        self.part.write({"year_from": 0, "engines": "EA211"})
        self.assertFalse(self.part._fits(self.car))

    def test_of_one_kind_the_first_that_fits_is_taken(self):
        self.part.brand_ids = self.car.model_id.brand_id
        other = self.part.copy(
            {"product_id": self.second.id, "brand_ids": False, "sequence": 99}
        )
        self.assertEqual(
            self.version._get_parts(self.car, self.store), [(self.filter, 1)]
        )
        self.assertEqual(
            self.version._get_parts(self.other, self.store), [(self.second, 1)]
        )
        self.assertEqual(self.version._get_substitutes(self.filter, self.car), other)
        self.assertFalse(self.version._get_substitutes(self.second, self.other))

    def test_where_nothing_fits_it_is_said(self):
        self.part.brand_ids = self.car.model_id.brand_id
        with self.assertRaisesRegex(
            UserError, "nothing in HQ's kit fits .* Oil filter"
        ):
            self.version._get_parts(self.other, self.store)
        self.part.is_optional = True
        self.assertEqual(self.version._get_parts(self.other, self.store), [])

    def test_a_quantity_is_the_vehicles_else_the_kits(self):
        self.env["workshop.service.part"].create(
            {
                "version_id": self.version.id,
                "product_id": self.engine_oil.id,
                "kind_id": self.oil_kind.id,
                "quantity": 4,
                "quantity_by": "vehicle",
            }
        )
        self.assertIn(
            (self.engine_oil, 4), self.version._get_parts(self.car, self.store)
        )
        self.suv.quantity_ids = [
            Command.create({"kind_id": self.oil_kind.id, "quantity": 5.5})
        ]
        self.car.model_id.workshop_class_id = self.suv
        self.assertIn(
            (self.engine_oil, 5.5), self.version._get_parts(self.car, self.store)
        )
        self.car.model_id.workshop_quantity_ids = [
            Command.create({"kind_id": self.oil_kind.id, "quantity": 3.8})
        ]
        # As an advisor, who may set none of it.
        self.version.release_id.action_release()
        version = self.version.with_user(self._create_user("ada_p", "advisor"))
        self.assertIn((self.engine_oil, 3.8), version._get_parts(self.car, self.store))

    @mute_logger("odoo.sql_db")
    def test_years_run_forward_and_counting_by_vehicle_needs_a_kind(self):
        for vals in (
            {"year_from": 2020, "year_to": 2019},
            {"quantity_by": "vehicle", "kind_id": False},
        ):
            with self.assertRaises(CheckViolation), self.cr.savepoint():
                self.part.write(vals)
                self.env.flush_all()
