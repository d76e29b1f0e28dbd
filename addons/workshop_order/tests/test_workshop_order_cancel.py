from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import WorkshopOrderCommon


@tagged("post_install", "-at_install")
class TestWorkshopOrderCancel(WorkshopOrderCommon):
    """An order given up at any stage leaves stock and accounts as they were."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._receive()
        cls.bill = cls.order.sale_order_id

    def _assert_as_before(self):
        self.assertEqual(self.order.state, "cancelled")
        oil = self.oil.with_company(self.store)
        oil = oil.with_context(allowed_company_ids=self.store.ids)
        oil.invalidate_recordset()
        self.assertEqual((oil.qty_available, oil.free_qty), (20, 20))
        posted = self.bill.sudo().invoice_ids.filtered(lambda m: m.state == "posted")
        self.assertEqual(sum(posted.mapped("amount_total_signed")), 0)
        self.assertFalse(
            self.bill.sudo().picking_ids.filtered(
                lambda p: p.state not in ("done", "cancel")
            )
        )

    def _picking(self):
        return self.order.sudo().job_ids.picking_ids.with_user(self.keeper)

    def test_before_anything_was_agreed(self):
        self.order.action_cancel()
        self._assert_as_before()

    def test_when_parts_are_reserved(self):
        self.order.action_authorise()
        self.order.action_cancel()
        self._assert_as_before()
        self.assertEqual(set(self._picking().mapped("state")), {"cancel"})

    def test_issued_parts_come_back_first(self):
        self.order.action_authorise()
        picking = self._picking()
        picking.action_workshop_issue()
        with (
            self.assertRaisesRegex(UserError, "take back 4 × Oil 5W-30, 1 × Oil"),
            self.env.cr.savepoint(),
        ):
            self.order.action_cancel()
        wizard = self.env["stock.return.picking"].with_user(self.keeper)
        wizard = wizard.create({"picking_id": picking.id})
        action = wizard.action_create_returns_all()
        back = self.env["stock.picking"].browse(action["res_id"])
        back.with_user(self.keeper).move_ids.picked = True
        back.with_user(self.keeper).button_validate()
        self.env.invalidate_all()
        self.order.action_cancel()
        self._assert_as_before()

    def test_a_job_whose_parts_came_back_may_be_withdrawn(self):
        self.order.action_authorise()
        job = self.order.job_ids
        picking = self._picking()
        picking.action_workshop_issue()
        with self.assertRaisesRegex(UserError, "take its parts back"):
            job.action_withdraw()
        wizard = self.env["stock.return.picking"].create({"picking_id": picking.id})
        action = wizard.action_create_returns_all()
        back = self.env["stock.picking"].browse(action["res_id"])
        back.move_ids.picked = True
        back.button_validate()
        self.env.invalidate_all()
        job.action_withdraw()
        self.assertEqual((job.state, self.bill.amount_total), ("withdrawn", 0))

    def test_a_deposit_is_credited_first(self):
        self.order.action_authorise()
        cash = self.env["account.journal"].search(
            [("company_id", "=", self.store.id), ("type", "=", "cash")]
        )
        settle = self.env["workshop.order.settle"].with_user(self.cashier)
        settle.create(
            {
                "order_id": self.order.id,
                "payment_ids": [Command.create({"journal_id": cash.id, "amount": 100})],
            }
        ).action_deposit()
        invoice = self.bill.sudo().invoice_ids
        with (
            self.assertRaisesRegex(UserError, f"credit {invoice.name} first"),
            self.env.cr.savepoint(),
        ):
            self.order.action_cancel()
        reversal = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        action = reversal.refund_moves()
        self.env["account.move"].browse(action["res_id"]).action_post()
        self.env.invalidate_all()
        self.order.action_cancel()
        self._assert_as_before()
