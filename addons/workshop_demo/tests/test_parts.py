from odoo.tests import tagged

from ..loaders import parts, tables
from .common import DemoCase


@tagged("post_install", "-at_install")
class TestParts(DemoCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.parts = cls.env["product.product"].concat(*parts.parts(cls.env).values())

    def test_sixty_parts_are_kept_in_stock_and_sold_with_tax(self):
        self.assertEqual(len(self.parts), 60)
        for part in self.parts:
            self.assertTrue(part.is_storable)
            self.assertEqual(part.invoice_policy, "delivery")
            self.assertFalse(part.company_id)
            self.assertEqual(part.taxes_id.mapped("amount"), [13])
            self.assertGreater(part.lst_price, part.standard_price * 1.13)

    def test_every_store_has_counted_every_part(self):
        amounts = {row["code"]: float(row["stock"]) for row in tables.rows("parts")}
        for store in self.stores.values():
            for part in self.parts.with_company(store).with_context(
                allowed_company_ids=store.ids
            ):
                self.assertEqual(part.qty_available, amounts[part.default_code])
                self.assertGreater(part.standard_price, 0)

    def test_every_part_can_be_ordered(self):
        for part in self.parts:
            self.assertEqual(part.seller_ids.price, part.standard_price)
            self.assertFalse(part.seller_ids.company_id)
            self.assertTrue(part.seller_ids.partner_id.email)

    def test_parts_have_chinese_names(self):
        self.assert_chinese(self.parts, "name")

    def test_no_part_shows_chinese_to_an_english_reader(self):
        for part in self.parts.with_context(lang="en_US"):
            self.assertNotRegex(part.name, r"[\u4e00-\u9fff]")
