from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import WorkshopStandardCommon


@tagged("post_install", "-at_install")
class TestWorkshopService(WorkshopStandardCommon):
    def test_a_service_comes_with_its_labour_product(self):
        service = (
            self.env["workshop.service"]
            .with_user(self.hanna)
            .create(
                {"code": "TAC", "name": "A/C check", "category_id": self.category.id}
            )
        )
        product = service.product_id
        self.assertEqual(
            (product.name, product.default_code, product.type),
            ("A/C check", "TAC", "service"),
        )
        self.assertFalse(product.company_id)
        if "invoice_policy" in product._fields:
            self.assertEqual(product.invoice_policy, "delivery")

    def test_a_product_of_ones_own_is_kept(self):
        product = self.env["product.product"].create(
            {"name": "Labour", "type": "service"}
        )
        service = self.oil.copy({"code": "T2", "product_id": product.id})
        self.assertEqual(service.product_id, product)

    @mute_logger("odoo.sql_db")
    def test_a_code_is_unique(self):
        with self.assertRaises(UniqueViolation):
            self.oil.copy({"code": "TBRK"})

    def test_code_and_product_stay_once_released(self):
        self._create_release("R1", "2050-01-01").action_release()
        for vals in (
            {"code": "NEW"},
            {"product_id": self.brakes.product_id.id},
            {"category_id": self.category.copy().id},
        ):
            with self.assertRaisesRegex(UserError, "was released"):
                self.oil.with_user(self.hanna).write(vals)
        self.oil.write({"code": "TOIL", "name": "Oil and filter change"})
        self.brakes.code = "TBRAKE"

    def test_staff_read_the_catalogue_and_write_nothing(self):
        for role in ("technician", "advisor", "store_manager", "region_manager"):
            user = self._create_user(f"u_{role}", role)
            for record in (self.oil, self.category):
                seen = record.with_user(user)
                self.assertTrue(seen.display_name)
                for act in (
                    lambda s=seen: s.write({"name": "X"}),
                    lambda s=seen: s.unlink(),
                    lambda s=seen: s.copy({"code": "TX"} if "code" in s else {}),
                ):
                    with self.assertRaises(AccessError):
                        act()
