from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import WorkshopOrderCommon


@tagged("post_install", "-at_install")
class TestWorkshopShelfMixin(WorkshopOrderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._receive().sudo()
        cls.order.action_authorise()
        cls.job = cls.order.job_ids
        cls.line = cls.job.line_ids.filtered(lambda li: li.product_id == cls.oil)

    def _here(self, product):
        return product.with_company(self.store).qty_available

    def _open(self):
        return self.line.move_ids.filtered(lambda m: m.state not in ("done", "cancel"))

    def _asked(self):
        return self.job.picking_ids.activity_ids

    def test_a_finished_job_takes_no_more_than_lies_on_the_shelf(self):
        self._count(self.oil, 3)
        self._finish(self.job)
        self.assertEqual(self._here(self.oil), 0)
        self.assertEqual(self._here(self.filter), 9)
        done = self.line.move_ids - self._open()
        self.assertEqual((done.quantity, self._open().product_uom_qty), (3, 1))
        self.assertTrue(self._open().is_workshop_used)
        self.assertEqual(self.job.parts_state, "used")
        self.assertEqual(self.job.with_user(self.technician).parts_state, "used")

    def test_neither_floor_nor_bill_waits_for_the_stock(self):
        self._count(self.oil, 0)
        self._pass(self.job)
        self.assertEqual(self.order.state, "done")
        self.assertEqual(self.job.line_ids.mapped("qty_delivered"), [0, 1, 4, 1])
        self.order.with_user(self.cashier).action_invoice()
        self.assertEqual(self.line.qty_invoiced, 4)

    def test_what_is_reserved_and_gone_is_not_taken(self):
        self._stock(self.oil, -18)
        self._finish(self.job)
        self.assertEqual((self._here(self.oil), self._open().product_uom_qty), (0, 2))

    def test_the_parts_keeper_is_asked_once_until_it_is_right(self):
        self._count(self.oil, 1)
        self._finish(self.job)
        self.assertEqual(self._asked().user_id, self.keeper)
        self._pass_only()
        self.assertEqual(len(self._asked()), 1)
        self._count(self.oil, 2)
        self._settle(self.order)
        self.assertEqual((self._here(self.oil), self._open().product_uom_qty), (0, 1))
        self.assertTrue(self._open().is_workshop_used)
        self.assertEqual(len(self._asked()), 1)
        self._count(self.oil, 5)
        self._settle(self.order)
        self.assertEqual(self._here(self.oil), 4)
        self.assertFalse(self._open())
        self.assertFalse(self._asked())
        self.assertEqual(self.job.parts_state, "issued")
        self.assertEqual(self.line.qty_delivered, 4)

    def _pass_only(self):
        self._confirm(self.job, "qc_pass", self.inspector)
        self._settle(self.order)

    def test_what_a_receipt_brings_is_issued(self):
        self._count(self.oil, 0)
        self._finish(self.job)
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", self.store.id)], limit=1
        )
        vendors = self.env.ref("stock.stock_location_suppliers")
        receipt = self.env["stock.picking"].with_user(self.keeper)
        receipt = receipt.with_company(self.store).create(
            {
                "picking_type_id": warehouse.in_type_id.id,
                "location_id": vendors.id,
                "location_dest_id": warehouse.lot_stock_id.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.oil.id,
                            "product_uom_qty": 10,
                            "location_id": vendors.id,
                            "location_dest_id": warehouse.lot_stock_id.id,
                        }
                    )
                ],
            }
        )
        receipt.action_confirm()
        receipt.move_ids.picked = True
        receipt.button_validate()
        self._settle(self.order)
        self.assertEqual((self._here(self.oil), self.job.parts_state), (6, "issued"))

    def test_the_parts_keeper_issues_it_himself(self):
        self._count(self.oil, 0)
        self._finish(self.job)
        self._count(self.oil, 3)
        picking = self._open().picking_id.with_user(self.keeper)
        picking.action_workshop_issue()
        self.assertEqual((self._here(self.oil), self._open().product_uom_qty), (0, 1))
        self.assertTrue(self._open().is_workshop_used)
        self.assertEqual(self.line.qty_delivered, 4)

    def test_what_was_not_used_after_all_is_cancelled(self):
        self._count(self.oil, 3)
        self._finish(self.job)
        self._open().picking_id.with_user(self.keeper).action_cancel()
        self._settle(self.order)
        self.assertEqual(self.line.qty_delivered, 3)
        self.assertFalse(self._asked())
        self.assertEqual(self.job.parts_state, "issued")

    def test_an_order_is_not_put_away_with_parts_that_are_not_issued(self):
        self._count(self.oil, 3)
        self._pass(self.job)
        order = self.order.with_user(self.cashier)
        action = order.action_invoice()
        self.env["account.move"].browse(action["res_id"]).action_post()
        with self.assertRaisesRegex(UserError, "1 × Oil"):
            order.action_close()
        self._count(self.oil, 1)
        self._settle(self.order)
        order.action_close()
        self.assertEqual(order.state, "closed")

    def test_nobody_issues_what_does_not_lie_on_the_shelf(self):
        self._count(self.oil, 3)
        picking = self._open().picking_id.with_user(self.keeper)
        move = picking.move_ids.filtered(lambda m: m.product_id == self.oil)
        move.quantity = 4
        picking.move_ids.picked = True
        with self.assertRaisesRegex(UserError, "1 × Oil"), self.env.cr.savepoint():
            picking.button_validate()
        self._finish(self.job)
        self.assertEqual((self._here(self.oil), self._open().product_uom_qty), (0, 1))
        self.assertTrue(self._open().is_workshop_used)
        self.assertEqual(self.line.qty_delivered, 4)

    def test_nobody_says_that_a_part_was_used(self):
        move = self._open().with_user(self.keeper)
        with self.assertRaisesRegex(UserError, "finished job"):
            move.is_workshop_used = True
        with self.assertRaisesRegex(UserError, "finished job"):
            move.copy({"is_workshop_used": True})

    def test_a_move_that_asks_for_more_is_neither_billed_nor_issued(self):
        self._count(self.oil, 3)
        self._pass(self.job)
        self._open().with_user(self.keeper).product_uom_qty = 50
        self.assertEqual(self.line.qty_delivered, 4)
        self.order.with_user(self.cashier).action_invoice()
        self.assertEqual(self.line.qty_invoiced, 4)
        self._stock(self.oil, 60)
        picking = self._open().picking_id.with_user(self.keeper)
        picking.move_ids.quantity = 50
        picking.move_ids.picked = True
        with self.assertRaisesRegex(UserError, "asks for 1 × Oil 5W-30, not for 50"):
            picking.button_validate()

    def test_what_is_added_later_is_not_noted_as_used(self):
        self._count(self.oil, 3)
        self._finish(self.job)
        self.line.product_uom_qty = 6
        self.assertEqual(self._open().mapped("product_uom_qty"), [1, 2])
        self.assertEqual(self.line.qty_delivered, 4)
