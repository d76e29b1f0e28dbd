from odoo.exceptions import UserError
from odoo.tests import Form, new_test_user, tagged

from .common import WorkshopOrderCommon


@tagged("post_install", "-at_install")
class TestSaleOrder(WorkshopOrderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._receive()
        cls.bill = cls.order.sale_order_id

    def test_a_bill_is_not_confirmed_behind_its_work_order(self):
        for confirm in (
            lambda bill: bill.action_confirm(),
            lambda bill: bill.write({"state": "sale"}),
        ):
            for user in (self.advisor, self.env.user):
                with (
                    self.assertRaisesRegex(UserError, "authorise or cancel that"),
                    self.env.cr.savepoint(),
                ):
                    confirm(self.bill.with_user(user))
        self.assertEqual(self.bill.state, "draft")

    def test_a_bill_is_not_cancelled_behind_its_work_order(self):
        self.order.action_authorise()
        with self.assertRaises(UserError):
            self.bill._action_cancel()
        with self.assertRaises(UserError):
            self.bill.write({"state": "draft"})

    def test_customer_store_and_pricelist_follow_the_work_order(self):
        for vals in (
            {"partner_id": self.li.id},
            {"company_id": self.other_store.id},
            {"pricelist_id": self.env["product.pricelist"].create({"name": "P"}).id},
        ):
            with self.assertRaises(UserError):
                self.bill.write(vals)

    def test_a_quotation_may_be_sent(self):
        self.bill.action_quotation_sent()
        self.assertEqual(self.bill.state, "sent")
        self.order.action_authorise()
        self.assertEqual(self.bill.state, "sale")

    def test_the_bill_opens_its_work_order(self):
        action = self.bill.action_open_workshop_order()
        self.assertEqual(action["res_id"], self.order.id)

    def test_a_salesman_without_a_workshop_right_works_as_before(self):
        salesman = new_test_user(
            self.env,
            "sally",
            groups="sales_team.group_sale_salesman",
            company_id=self.store.id,
        )
        form = Form(self.env["sale.order"].with_user(salesman))
        form.partner_id = self.wang
        quotation = form.save()
        self.assertEqual(Form(quotation).partner_id, self.wang)
        self.assertNotIn("workshop_order_ids", quotation.read()[0])
        quotation.action_confirm()
