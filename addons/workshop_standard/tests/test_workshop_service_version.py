from psycopg2.errors import CheckViolation, UniqueViolation

from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import WorkshopStandardCommon


@tagged("post_install", "-at_install")
class TestWorkshopServiceVersion(WorkshopStandardCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.version = cls._create_release("R1", "2050-01-01")._version_of(cls.oil)

    @mute_logger("odoo.sql_db")
    def test_a_release_holds_a_service_once(self):
        with self.assertRaises(UniqueViolation):
            self.version.copy()

    @mute_logger("odoo.sql_db")
    def test_hours_prices_warranties_and_quantities_are_sane(self):
        for record, vals in (
            (self.version, {"labour_hours": 0}),
            (self.version, {"price": -1}),
            (self.version, {"warranty_km": -1}),
            (self.version, {"interval_km": -1}),
            (self.version, {"price_min": 121, "price_max": 130}),
            (self.version, {"price_min": 100, "price_max": 110}),
            (self.version, {"price_min": -5, "price_max": 130}),
            (self.version.part_ids, {"quantity": 0}),
        ):
            with self.assertRaises(CheckViolation), self.cr.savepoint():
                record.write(vals)
                self.env.flush_all()

    @mute_logger("odoo.sql_db")
    def test_a_kit_names_a_part_once(self):
        with self.assertRaises(UniqueViolation):
            self.version.part_ids = [Command.create({"product_id": self.filter.id})]

    def test_hq_fills_a_version_by_its_form(self):
        release = self.version.release_id.with_user(self.hanna)
        form = Form(
            self.env["workshop.service.version"]
            .with_user(self.hanna)
            .with_context(default_release_id=release.id)
        )
        form.service_id = self.brakes
        form.labour_hours = 1.5
        form.price = 260
        with form.step_ids.new() as step:
            step.name = "Measure the pads"
            step.is_check = True
            step.limit_kind = "at_least"
            step.limit_min = 3
            step.unit = "mm"
        with form.part_ids.new() as part:
            part.product_id = self.filter
        version = form.save()
        self.assertEqual(version.process_id, self.process)
        self.assertEqual(version.currency_id, release.currency_id)
        self.assertEqual(version.step_ids.limit_min, 3)
