from unittest.mock import patch

from psycopg2.errors import CheckViolation

from odoo import modules
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.modules.module import load_script
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import WorkshopChainCommon


@tagged("post_install", "-at_install")
class TestResCompany(WorkshopChainCommon):
    def test_a_store_is_a_branch_with_code_region_partition_and_hours(self):
        self.assertRecordValues(
            self.store,
            [
                {
                    "name": "TS01 Test Store",
                    "parent_id": self.hq.id,
                    "currency_id": self.hq.currency_id.id,
                    "chart_template": self.hq.chart_template,
                    "is_store": True,
                    "store_code": "TS01",
                    "region_id": self.south.id,
                }
            ],
        )
        calendar = self.store.resource_calendar_id
        self.assertEqual(
            (calendar.tz, calendar.company_id), ("Asia/Shanghai", self.store)
        )
        self.assertNotEqual(self.store.partition, self.other_store.partition)

    def test_a_store_has_one_warehouse_with_its_code_as_in_production(self):
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", self.store.id)]
        )
        self.assertEqual(warehouse.mapped("code"), ["TS01"])

    def test_operation_types_are_named_in_every_language(self):
        self._speak_chinese()
        store = self._open_store("TS09", self.south)
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", store.id)])
        receipts = warehouse.in_type_id
        self.assertEqual(receipts.with_context(lang="en_US").name, "Receipts")
        self.assertEqual(receipts.with_context(lang="zh_CN").name, "收货")

    def test_an_update_names_the_operation_types_that_nobody_renamed(self):
        self._speak_chinese()
        store = self._open_store("TS09", self.south)
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", store.id)])
        for lang in ("en_US", "zh_CN"):
            there = warehouse.with_context(lang=lang)
            there.in_type_id.name = "Receipts"
            there.out_type_id.name = "Counter"
            there.int_type_id.name = lang
        script = "workshop_chain/migrations/19.0.0.2.0/post-migrate.py"
        load_script(script, "post_migrate").migrate(self.env.cr, "19.0.0.1.0")
        for lang, names in (
            ("en_US", ("Receipts", "Counter", "en_US")),
            ("zh_CN", ("收货", "Counter", "zh_CN")),
        ):
            there = warehouse.with_context(lang=lang)
            types = there.in_type_id | there.out_type_id | there.int_type_id
            self.assertEqual(tuple(types.mapped("name")), names)

    def _speak_chinese(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        addons = self.env["ir.module.module"].search(
            [("name", "in", ("stock", "workshop_chain"))]
        )
        addons._update_translations(["zh_CN"])

    def test_own_journals_go_before_those_of_hq(self):
        Journal = self.env["account.journal"].with_company(self.store)
        for journal_type, code in (
            ("sale", "TS01S"),
            ("purchase", "TS01P"),
            ("bank", "TS01B"),
            ("cash", "TS01C"),
        ):
            found = Journal.search(
                [
                    *Journal._check_company_domain(self.store),
                    ("type", "=", journal_type),
                ],
                limit=1,
            )
            self.assertEqual((found.code, found.company_id), (code, self.store))

    def test_opening_again_completes_what_is_missing_and_doubles_nothing(self):
        def count():
            domain = [("company_id", "=", self.store.id)]
            return [
                self.env[model].search_count(domain)
                for model in ("stock.warehouse", "account.journal", "resource.calendar")
            ]

        before = count()
        self.env["account.journal"].search(
            [("company_id", "=", self.store.id), ("code", "=", "TS01C")]
        ).unlink()
        self.assertEqual(self._open_store("TS01", self.south), self.store)
        self.assertEqual(count(), before)

    def test_an_order_in_a_fresh_store_is_delivered_invoiced_and_paid(self):
        if "warehouse_id" not in self.env["sale.order"]._fields:
            self.fail("sale_stock has to be installed for this test")
        product = self.env["product.product"].create(
            {
                "name": "Oil filter",
                "type": "consu",
                "is_storable": True,
                "invoice_policy": "delivery",
                "list_price": 35,
                "company_id": False,
            }
        )
        env = self.env(
            context={
                **self.env.context,
                "allowed_company_ids": [self.store.id],
            }
        )
        warehouse = env["stock.warehouse"].search([("company_id", "=", self.store.id)])
        env["stock.quant"]._update_available_quantity(
            product.with_env(env), warehouse.lot_stock_id, 5
        )
        partner = env["res.partner"].create({"name": "Wang Wei"})
        with patch.object(modules.module, "current_test", False):
            order = env["sale.order"].create(
                {
                    "partner_id": partner.id,
                    "order_line": [
                        Command.create({"product_id": product.id, "product_uom_qty": 2})
                    ],
                }
            )
            order.action_confirm()
        self.assertEqual(order.warehouse_id, warehouse)
        picking = order.picking_ids
        picking.move_ids.write({"quantity": 2, "picked": True})
        picking.button_validate()
        self.assertEqual(picking.state, "done")
        invoice = order._create_invoices()
        self.assertEqual(invoice.journal_id.code, "TS01S")
        invoice.action_post()
        self.assertTrue(invoice.name.startswith("TS01S/"), invoice.name)
        payment = Form(
            env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            )
        ).save()
        self.assertEqual(payment.journal_id.company_id, self.store)
        payment.action_create_payments()
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))

    def test_only_hq_managers_open_stores(self):
        vals = {
            "store_code": "TX09",
            "name": "X",
            "region_id": self.south.id,
            "parent_id": self.hq.id,
        }
        for role in ("store_manager", "region_manager", "advisor"):
            user = self._create_user(f"no_{role}", role)
            with self.assertRaisesRegex(AccessError, "Only HQ managers"):
                self.env["res.company"].with_user(user).open_store(vals)

    def test_an_hq_manager_opens_a_store_without_any_other_right(self):
        user = self._create_user("hanna", "hq_manager", stores=self.hq)
        store = (
            self.env["res.company"]
            .with_user(user)
            .open_store(
                {
                    "store_code": "TX01",
                    "name": "X",
                    "region_id": self.south.id,
                    "parent_id": self.hq.id,
                }
            )
        )
        self.assertIn(store, user.company_ids)
        self.assertEqual(store.with_user(user).name, "TX01 X")

    def test_an_hq_manager_of_another_chain_is_refused(self):
        foreign = self._create_headquarters("Foreign HQ")
        user = self._create_user("frank", "hq_manager", stores=foreign)
        with self.assertRaisesRegex(AccessError, "not of that headquarters"):
            self.env["res.company"].with_user(user).open_store(
                {
                    "store_code": "TX02",
                    "name": "X",
                    "region_id": self.south.id,
                    "parent_id": self.hq.id,
                }
            )

    def test_a_store_is_never_opened_below_a_store(self):
        with self.assertRaisesRegex(UserError, "no headquarters"):
            self._open_store("TX03", self.south, parent_id=self.store.id)

    def test_hq_needs_its_chart_first(self):
        bare = self.env["res.company"].create({"name": "Bare HQ"})
        with self.assertRaisesRegex(UserError, "no chart of accounts"):
            self._open_store("TX04", self.south, parent_id=bare.id)

    def test_a_code_of_another_chain_is_not_taken_over(self):
        foreign = self._create_headquarters("Foreign HQ")
        with self.assertRaisesRegex(UserError, "belongs to"):
            self._open_store("TS01", self.south, parent_id=foreign.id)

    def test_codes_that_no_journal_could_bear_are_refused(self):
        for code in ("ts01", "TOOLONG", "", "A", "Ä1"):
            with self.assertRaisesRegex(ValidationError, "no store code"):
                self._open_store(code, self.south)

    def test_a_store_needs_a_region(self):
        with self.assertRaisesRegex(ValidationError, "needs a region"):
            self._open_store("TX05", self.env["workshop.region"])

    @mute_logger("odoo.sql_db")
    def test_a_partition_is_one_of_64(self):
        with self.assertRaises(CheckViolation):
            self._open_store("TX06", self.south, partition=64)

    def test_code_and_partition_never_change(self):
        user = self._create_user("hanna", "hq_manager", stores=self.hq)
        for vals in (
            {"partition": (self.store.partition + 1) % 64},
            {"store_code": "TZ99"},
            {"is_store": False},
        ):
            for store in (self.store, self.store.with_user(user)):
                with self.assertRaisesRegex(UserError, "for ever"):
                    store.write(vals)

    def test_no_company_becomes_a_store_by_a_write(self):
        with self.assertRaisesRegex(UserError, "only by opening"):
            self.hq.write({"is_store": True})

    def test_hq_sees_its_stores_with_hq_alone_active(self):
        user = self._create_user("hanna", "hq_manager", stores=self.hq)
        Company = self.env["res.company"].with_user(user).with_company(self.hq)
        Company = Company.with_context(allowed_company_ids=self.hq.ids)
        self.assertEqual(
            Company.search([("is_store", "=", True), ("parent_id", "=", self.hq.id)]),
            self.store | self.other_store,
        )

    def test_store_staff_neither_see_other_stores_nor_write_their_own(self):
        user = self._create_user("ming", "store_manager")
        Company = self.env["res.company"].with_user(user)
        self.assertEqual(Company.search([("is_store", "=", True)]), self.store)
        with self.assertRaises(AccessError):
            self.store.with_user(user).write({"region_id": self.north.id})

    def test_a_first_store_is_not_opened_above_staff_who_would_see_the_chain(self):
        hq = self._create_headquarters("Second HQ")
        self._create_user("early", "technician", stores=hq)
        with self.assertRaisesRegex(ValidationError, "early"):
            self._open_store("TX07", self.south, parent_id=hq.id)
