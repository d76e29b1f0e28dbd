from odoo.tests import tagged

from ..loaders import headquarters, stores, tables
from .common import DemoCase


@tagged("post_install", "-at_install")
class TestChain(DemoCase):
    def test_headquarters_keeps_chinese_books_in_yuan(self):
        hq = headquarters.company(self.env)
        self.assertEqual(hq.currency_id, self.env.ref("base.CNY"))
        self.assertEqual(hq.country_id, self.env.ref("base.cn"))
        self.assertEqual(hq.chart_template, "cn")
        self.assertEqual(hq.account_sale_tax_id.amount, 13)

    def test_prices_include_tax_everywhere(self):
        companies = headquarters.company(self.env).concat(*self.stores.values())
        for company in companies:
            self.assertEqual(company.account_price_include, "tax_included")
        self.assertTrue(companies[0].account_sale_tax_id.price_include)

    def test_four_stores_in_two_regions_with_three_bays_each(self):
        self.assertEqual(len(stores.regions(self.env)), 2)
        self.assertEqual(len(self.stores), 4)
        for store in self.stores.values():
            self.assertTrue(store.is_store)
            self.assertEqual(len(store.bay_ids), 3)
            self.assertEqual(store.parent_id, headquarters.company(self.env))

    def test_stores_keep_books_of_their_own_in_their_own_time(self):
        for code, store in self.stores.items():
            self.assertEqual(store.currency_id.name, "CNY")
            self.assertEqual(store.resource_calendar_id.tz, "Asia/Shanghai")
            journals = self.env["account.journal"].search(
                [("company_id", "=", store.id)]
            )
            self.assertGreaterEqual(
                set(journals.mapped("type")), {"sale", "purchase", "bank", "cash"}
            )
            self.assertTrue(
                self.env["stock.warehouse"].search(
                    [("company_id", "=", store.id), ("code", "=", code)]
                )
            )

    def test_chinese_can_be_chosen(self):
        installed = dict(self.env["res.lang"].get_installed())
        self.assertIn(tables.CHINESE, installed)
