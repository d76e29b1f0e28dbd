from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import WorkshopOrderCommon


@tagged("post_install", "-at_install")
class TestPurchaseOrder(WorkshopOrderCommon):
    """What a job is short of, from the draft that Odoo makes to its issue."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._stock(cls.oil, -20)
        cls.vendor = cls.env["res.partner"].create({"name": "Oil Ltd"})
        cls.env["product.supplierinfo"].create(
            {
                "product_tmpl_id": cls.oil.product_tmpl_id.id,
                "partner_id": cls.vendor.id,
                "price": 30,
                "company_id": False,
            }
        )
        cls.order = cls._receive(service_ids=cls.oil_service.ids)
        cls.order.with_user(cls.advisor).action_authorise()
        cls.job = cls.order.job_ids
        cls.purchase = cls.env["purchase.order"].search(
            [("partner_id", "=", cls.vendor.id), ("company_id", "=", cls.store.id)]
        )

    def test_the_parts_keeper_orders_receives_and_issues_what_is_short(self):
        picking = self.job.sudo().picking_ids.with_user(self.keeper)
        self.assertEqual(self.job.parts_state, "missing")
        self.assertEqual(picking.workshop_purchase_ids, self.purchase)
        action = picking.action_workshop_purchases()
        purchase = self.env[action["res_model"]].browse(action["res_id"])
        purchase = purchase.with_user(self.keeper)
        self.assertEqual(purchase.state, "draft")

        purchase.button_confirm()
        self.env.invalidate_all()
        self.assertEqual(self.job.parts_state, "on_way")
        self.assertEqual(picking.workshop_purchase_ids, self.purchase)

        receipt = purchase.picking_ids
        receipt.move_ids.picked = True
        receipt.button_validate()
        self.env.invalidate_all()
        self.assertEqual(self.job.parts_state, "here")
        self.assertFalse(picking.workshop_purchase_ids)
        picking.action_workshop_issue()
        self.assertEqual(self.job.parts_state, "issued")

    def test_the_stores_manager_confirms_as_well(self):
        self.purchase.with_user(self.manager).button_confirm()
        self.assertEqual(self.purchase.state, "purchase")
        self.assertTrue(self.purchase.picking_ids)

    def test_nobody_else_in_the_store_decides_on_a_purchase(self):
        for user in (
            *(self.advisor, self.cashier, self.technician),
            *(self.lead, self.inspector),
        ):
            own = self.purchase.with_user(user)
            for decide in (
                own.button_confirm,
                own.button_cancel,
                lambda own=own: own.write({"state": "purchase"}),
            ):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    decide()
        self.assertEqual(self.purchase.state, "draft")
        self.assertFalse(self.purchase.picking_ids)

    def test_another_stores_purchase_is_neither_seen_nor_confirmed(self):
        for role in ("parts_keeper", "store_manager"):
            other = self._create_user(f"far-{role}", role, stores=self.other_store)
            seen = self.env["purchase.order"].with_user(other).search([])
            self.assertNotIn(self.purchase, seen)
            with self.assertRaises(AccessError):
                self.purchase.with_user(other).button_confirm()
            with self.assertRaises(AccessError):
                self.purchase.order_line.with_user(other).write({"product_qty": 400})

    def test_a_suppliers_bill_is_drafted_and_posted_by_nobody_without_the_books(self):
        purchase = self.purchase.with_user(self.keeper)
        purchase.button_confirm()
        receipt = purchase.picking_ids
        receipt.move_ids.picked = True
        receipt.button_validate()
        purchase.action_create_invoice()
        bill = purchase.invoice_ids
        bill.invoice_date = bill.date
        with self.assertRaises(AccessError):
            bill.action_post()
        self.assertEqual(bill.state, "draft")
