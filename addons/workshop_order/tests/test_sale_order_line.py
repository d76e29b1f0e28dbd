from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import WorkshopOrderCommon


@tagged("post_install", "-at_install")
class TestSaleOrderLine(WorkshopOrderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._receive()
        cls.job = cls.order.job_ids
        cls.lines = cls.job.line_ids.filtered("product_id")
        cls.labour = cls.job._labour_lines()
        cls.oil_line = cls.lines.filtered(lambda line: line.product_id == cls.oil)

    def test_the_price_survives_a_change_of_quantity(self):
        self.oil.lst_price = 99
        self.oil_line.product_uom_qty = 5
        self.assertEqual(self.oil_line.price_unit, 68)
        self.assertEqual(self.oil_line.price_total, 340)
        self.order.action_authorise()
        self.oil_line.product_uom_qty = 6
        self.assertEqual(self.oil_line.price_unit, 68)

    def test_the_price_survives_odoo_computing_prices_anew(self):
        self.oil.lst_price = 99
        self.order.sale_order_id.action_update_prices()
        self.assertEqual(self.lines.mapped("price_unit"), [120, 68, 45])

    def test_a_job_that_costs_nothing_stays_free(self):
        service = self._create_service("WAR-T", "Warranty work")
        self._release("Later", {service: (0, 1, {})}, fields.Date.today().replace(2099))
        order = self._receive(service_ids=[], complaint="Warranty")
        order._put({"release_id": self.env["workshop.release"]._newest().id})
        line = order.add_services(service.ids)._labour_lines()
        line.product_uom_qty = 2
        self.assertEqual(line.price_unit, 0)
        self.assertEqual(order.sale_order_id.amount_total, 0)

    def test_an_order_keeps_the_prices_of_its_release(self):
        tomorrow = fields.Date.add(self.release.effective_on, days=1)
        self._release("Dearer", {self.oil_service: (999, 1, {})}, tomorrow)
        job = self.order.add_services(self.oil_service.ids)
        self.assertEqual(job._labour_lines().price_unit, 120)

    def test_what_the_standard_decides_cannot_be_written(self):
        tax = self.labour.tax_ids
        for vals in (
            {"price_unit": 1},
            {"discount": 50},
            {"technical_price_unit": 1, "price_unit": 1},
            {"workshop_price": 1},
            {"workshop_job_id": False},
            {"product_id": self.filter.id},
            {"tax_ids": [Command.unlink(tax.id)]},
            {"qty_delivered": 1},
            {"qty_invoiced": 1},
            {"qty_delivered_method": "stock_move"},
            {"price_total": 1},
            {"is_downpayment": True},
            {"extra_tax_data": {"price_unit": 1}},
            {"invoice_lines": [Command.clear(), Command.link(1)]},
            {"move_ids": [Command.clear()]},
            {"product_uom_qty": -1},
            {"workshop_discount": 5},
        ):
            for user in (self.advisor, self.manager, self.cashier, self.env.user):
                line = self.labour.with_user(user).with_context(
                    sale_write_from_compute=True, force_price_recomputation=True
                )
                with (
                    self.subTest(vals=vals, user=user.login),
                    self.assertRaises(UserError),
                ):
                    line.write(vals)
        self.assertEqual(self.labour.price_unit, 120)

    def test_writing_what_is_there_already_changes_nothing_and_passes(self):
        self.labour.write({"price_unit": 120, "discount": 0, "name": "Oil change"})

    def test_labour_that_was_given_stays_given_whatever_odoo_computes_anew(self):
        self.order.action_authorise()
        self._finish(self.job)
        self.assertEqual(self.labour.qty_delivered, self.labour.product_uom_qty)
        # Not changed, and yet Odoo computes what depends on it.
        self.labour.write({"qty_delivered_method": "manual"})
        self.env.flush_all()
        self.assertEqual(self.labour.qty_delivered, self.labour.product_uom_qty)

    def test_no_way_of_odoo_leads_around_the_guard(self):
        bill = self.order.sale_order_id
        line = self.labour
        ways = (
            {"order_line": [Command.update(line.id, {"price_unit": 1})]},
            {"order_line": [Command.update(line.id, {"discount": 90})]},
            {"order_line": [Command.delete(line.id)]},
            {"fiscal_position_id": self._fiscal_position().id},
            {"amount_total": 1},
            {"invoice_status": "invoiced"},
        )
        for vals in ways:
            for user in (self.advisor, self.keeper, self.cashier, self.env.user):
                with (
                    self.subTest(vals=vals, user=user.login),
                    self.assertRaises(UserError),
                    self.env.cr.savepoint(),
                ):
                    bill.with_user(user).write(vals)
        for kind in ("so_discount", "amount"):
            wizard = self.env["sale.order.discount"].create(
                {
                    "sale_order_id": bill.id,
                    "discount_type": kind,
                    "discount_percentage": 0.1,
                    "discount_amount": 10,
                }
            )
            with self.assertRaises(UserError), self.env.cr.savepoint():
                wizard.action_apply_discount()
        self.assertEqual(bill.amount_total, 437)

    def _fiscal_position(self):
        return self.env["account.fiscal.position"].create(
            {"name": "Abroad", "company_id": self.hq.id}
        )

    def test_a_copy_of_the_bill_is_none_of_the_work_orders(self):
        copied = self.order.sale_order_id.copy()
        self.assertFalse(copied.workshop_order_ids)
        self.assertFalse(copied.order_line.workshop_job_id)
        self.assertEqual(self.order.sale_order_id.amount_total, 437)

    def test_nobody_invents_a_deposit(self):
        bill = self.order.sale_order_id
        for vals in (
            {"is_downpayment": True, "product_uom_qty": 1, "price_unit": -100},
            {"is_downpayment": True, "product_id": self.oil.id},
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                bill.order_line.create({"name": "D", "order_id": bill.id, **vals})

    def test_nobody_adds_lines_to_the_bill(self):
        bill = self.order.sale_order_id
        vals = {"order_id": bill.id, "product_id": self.oil.id, "price_unit": 1}
        Line = self.env["sale.order.line"]
        for user in (self.advisor, self.env.user):
            with self.assertRaisesRegex(UserError, "come from its jobs"):
                Line.with_user(user).create({**vals, "workshop_job_id": self.job.id})
            with self.assertRaisesRegex(UserError, "come from its jobs"):
                bill.with_user(user).write(
                    {"order_line": [Command.create({"product_id": self.oil.id})]}
                )
            with self.assertRaises(UserError):
                Line.with_user(user).with_context(default_order_id=bill.id).create(
                    {"product_id": self.oil.id}
                )

    def test_no_line_of_another_order_is_brought_in(self):
        other = self.env["sale.order"].create(
            {
                "partner_id": self.wang.id,
                "company_id": self.store.id,
                "order_line": [Command.create({"product_id": self.oil.id})],
            }
        )
        with self.assertRaises(UserError):
            other.order_line.write({"order_id": self.order.sale_order_id.id})
        with self.assertRaises(UserError):
            other.order_line.write({"workshop_job_id": self.job.id})

    def test_lines_of_a_job_stay(self):
        with self.assertRaisesRegex(UserError, "withdraw the job"):
            self.oil_line.unlink()

    def test_an_ordinary_sale_is_none_of_our_business(self):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.wang.id,
                "company_id": self.store.id,
                "order_line": [Command.create({"product_id": self.oil.id})],
            }
        )
        order.order_line.write({"price_unit": 5, "discount": 10})
        order.action_confirm()
        order.order_line.product_uom_qty = 2
        self.assertEqual(order.state, "sale")

    def test_a_tax_on_top_of_the_standard_price_is_refused(self):
        self.hq.account_price_include = "tax_excluded"
        with self.assertRaisesRegex(UserError, "include tax"):
            self._receive(complaint="Another one")
