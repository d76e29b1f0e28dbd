from psycopg2.errors import CheckViolation, UniqueViolation

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import WorkshopVehicleCommon

MODELS = ("workshop.vehicle.class", "workshop.part.kind", "workshop.vehicle.quantity")


@tagged("post_install", "-at_install")
class TestWorkshopVehicleClass(WorkshopVehicleCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.suv = cls.env["workshop.vehicle.class"].create(
            {"name": "Test SUV", "code": "test_suv"}
        )
        cls.oil = cls.env.ref("workshop_vehicle.workshop_part_kind_engine_oil")
        cls.quantity = cls.env["workshop.vehicle.quantity"].create(
            {"class_id": cls.suv.id, "kind_id": cls.oil.id, "quantity": 5.5}
        )

    def test_a_vehicle_is_of_its_models_class(self):
        self.assertFalse(self.vehicle.workshop_class_id)
        self.model.workshop_class_id = self.suv
        self.assertEqual(self.vehicle.workshop_class_id, self.suv)

    def test_a_quantity_is_the_models_else_the_classs(self):
        self.assertEqual(self.model._get_workshop_quantity(self.oil), 0)
        self.model.workshop_class_id = self.suv
        self.assertEqual(self.model._get_workshop_quantity(self.oil), 5.5)
        self.quantity.copy(
            {"class_id": False, "model_id": self.model.id, "quantity": 4}
        )
        self.assertEqual(self.model._get_workshop_quantity(self.oil), 4)

    @mute_logger("odoo.sql_db")
    def test_a_quantity_is_said_once_and_of_one(self):
        for error, vals in (
            (UniqueViolation, {}),
            (CheckViolation, {"model_id": self.model.id}),
            (CheckViolation, {"class_id": False}),
            (
                CheckViolation,
                {"class_id": False, "model_id": self.model.id, "quantity": 0},
            ),
        ):
            with self.assertRaises(error), self.cr.savepoint():
                self.quantity.copy(vals)

    def test_only_hq_says_the_class_of_a_model(self):
        hanna = self._create_user("hanna_v", "hq_manager", stores=self.hq)
        self.model.with_user(hanna).workshop_class_id = self.suv
        vals = {"name": "X", "brand_id": self.brand.id}
        for role in ("advisor", "store_manager", "region_manager"):
            models = self.model.with_user(self._create_user(f"c_{role}", role))
            self.assertTrue(models.create(vals))
            for act in (
                lambda m=models: m.with_context(install_mode=True).write(
                    {"workshop_class_id": False}
                ),
                lambda m=models: m.create({**vals, "workshop_class_id": self.suv.id}),
            ):
                with self.assertRaises(AccessError):
                    act()

    def test_staff_read_what_hq_says_of_vehicles(self):
        for model in MODELS:
            record = self.env[model].search([], limit=1).with_user(self.advisor)
            self.assertTrue(record.display_name)
            for act in (
                lambda r=record: r.write({"sequence": 1}),
                lambda r=record: r.unlink(),
                lambda r=record: r.create({}),
            ):
                with self.assertRaises(AccessError):
                    act()
