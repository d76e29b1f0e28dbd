from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import WorkshopOrderCommon


@tagged("post_install", "-at_install")
class TestWorkshopDiscountLimit(WorkshopOrderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._receive()
        cls.labour = cls.order.job_ids._labour_lines()

    def test_each_role_gives_what_its_limit_allows(self):
        for user, limit in ((self.advisor, 5), (self.manager, 15)):
            line = self.labour.with_user(user)
            line.discount = limit
            self.assertEqual(line.price_total, 120 * (1 - limit / 100))
            with self.assertRaisesRegex(UserError, f"{limit} % discount at most"):
                line.discount = limit + 0.5
            with self.assertRaises(UserError):
                line.discount = -1

    def test_who_has_no_limit_gives_no_discount(self):
        for user in (self.cashier, self.keeper):
            with self.assertRaises(UserError):
                self.labour.with_user(user).discount = 1
        with self.assertRaises(UserError):
            self.labour.with_user(self.technician).discount = 1

    def test_who_has_a_limit_finds_the_field_on_the_bill(self):
        for user in (self.advisor, self.manager):
            view = self.env["sale.order"].with_user(user).get_view(view_type="form")
            self.assertIn('name="discount"', view["arch"])
            self.assertIn("action_open_discount_wizard", view["arch"])

    def test_pricelists_show_discounts_only_where_odoo_is_set_so(self):
        for is_on in (True, False):
            settings = self.env["res.config.settings"]
            settings.create({"group_discount_per_so_line": is_on}).execute()
            rule = self.env["product.pricelist.item"].new(
                {"compute_price": "percentage"}
            )
            self.assertEqual(rule._show_discount(), is_on)

    def test_odoos_own_discount_is_held_to_it_too(self):
        wizard = self.env["sale.order.discount"].with_user(self.advisor)
        vals = {"sale_order_id": self.order.sale_order_id.id}
        wizard.create({**vals, "discount_percentage": 0.05}).action_apply_discount()
        self.assertAlmostEqual(self.order.amount_total, 437 * 0.95, 2)
        with self.assertRaises(UserError):
            wizard.create({**vals, "discount_percentage": 0.5}).action_apply_discount()

    def test_a_discount_survives_a_change_of_quantity(self):
        self.labour.discount = 5
        self.labour.product_uom_qty = 2
        self.assertEqual(self.labour.price_total, 228)
        self.order.sale_order_id.action_update_prices()
        self.assertEqual(self.labour.discount, 5)

    def test_only_hq_sets_limits(self):
        limits = self.env["workshop.discount.limit"].search([])
        self.assertTrue(limits.with_user(self.advisor).mapped("percent"))
        for user in (self.advisor, self.manager, self.cashier):
            with self.assertRaises(AccessError):
                limits.with_user(user).write({"percent": 100})
        with (
            self.assertRaises(CheckViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            limits[0].percent = 101
            limits.flush_recordset()
