import base64
import json
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import WorkshopOrderCommon

SIGNATURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)


@tagged("post_install", "-at_install")
class TestWorkshopAuthorisation(WorkshopOrderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._receive(service_ids=(cls.oil_service + cls.brake_service).ids)
        cls.oil_job, cls.brake_job = cls.order.job_ids

    def _change(self, job):
        line = job.sudo().line_ids.filtered(lambda each: each.product_id == self.oil)
        line.product_uom_qty = 6
        self.env.flush_all()

    def test_an_authorisation_is_an_event_over_what_was_shown(self):
        offer = self.order.offer()
        taken = self.order.authorise(
            channel="signature",
            signer="Mr Wang",
            signature=SIGNATURE,
            shown=offer["hash"],
        )
        self.assertEqual(taken.amount, 517)
        self.assertEqual(taken.actor_id, self.advisor)
        self.assertEqual(taken.content, offer["content"])
        shown = json.loads(taken.content)
        self.assertEqual(shown["jobs"][0]["name"], "Oil change")
        self.assertEqual(taken.event_id.kind, "authorisation")
        self.assertIn(offer["hash"], taken.event_id.raw)
        self.assertTrue(taken._verify())
        self.assertIs(self.order.sudo()._verify_chain(), True)
        self.assertEqual(set(self.order.job_ids.mapped("stage")), {"authorised"})

    def test_what_changed_since_it_was_shown_is_shown_again(self):
        offer = self.order.offer()
        self.order.add_services(self.brake_service.ids)
        with self.assertRaisesRegex(UserError, "changed since it was shown"):
            self.order.authorise(shown=offer["hash"])

    def test_who_agrees_by_signature_signs(self):
        with self.assertRaisesRegex(UserError, "sign first"):
            self.order.authorise(channel="signature")
        with self.assertRaisesRegex(UserError, "how the customer"):
            self.order.authorise(channel="telepathy")

    def test_a_changed_scope_is_neither_delivered_nor_billed_before_it_is_agreed(self):
        self.order.authorise()
        self._change(self.oil_job)
        self.assertTrue(self.oil_job.is_stale)
        self.assertFalse(self.brake_job.is_stale)
        self._pass(self.oil_job)
        self._pass(self.brake_job)
        lines = self.oil_job.sudo().line_ids
        self.assertFalse(sum(lines.mapped("qty_delivered")))
        bill = self.order.sudo().sale_order_id.with_company(self.store)
        self.oil_job.sudo().line_ids[1]._put({"qty_delivered": 1})
        with self.assertRaisesRegex(UserError, "not authorised as it is now"):
            bill._create_invoices()
        self.order.authorise(self.oil_job.ids, channel="phone")
        self._settle(self.order.sudo())
        self.assertFalse(self.oil_job.is_stale)
        self.assertTrue(all(line.qty_delivered for line in lines if line.product_id))
        self.assertTrue(bill._create_invoices())
        self.assertIs(self.order.sudo()._verify_chain(), True)

    def test_declined_and_deferred_jobs_come_back_at_the_next_visit(self):
        until = fields.Date.today() + timedelta(days=30)
        with self.assertRaisesRegex(UserError, "Say why"):
            self.oil_job.decline(" ")
        with self.assertRaisesRegex(UserError, "which day"):
            self.brake_job.defer("Later", fields.Date.today())
        self.oil_job.decline("Has it done elsewhere", channel="phone")
        self.brake_job.defer("After the holiday", until)
        self.assertEqual(self.oil_job.stage, "declined")
        self.assertEqual(self.brake_job.deferred_until, until)
        self.assertEqual(self.vehicle._put_off_jobs(), self.brake_job + self.oil_job)
        decisions = self.order.authorisation_ids.mapped("decision")
        self.assertEqual(decisions, ["deferred", "declined"])
        self.assertIs(self.order.sudo()._verify_chain(), True)
        # He comes round: what was declined may be authorised on its own order.
        self.oil_job.action_authorise()
        self.assertEqual(self.oil_job.state, "authorised")
        self.assertEqual(self.vehicle._put_off_jobs(), self.brake_job)

    def test_what_has_begun_is_not_declined(self):
        self.order.authorise()
        with self.assertRaisesRegex(UserError, "not proposed any more"):
            self.oil_job.decline("No")

    def test_nobody_makes_or_changes_one_by_hand(self):
        taken = self.order.authorise()
        Authorisation = self.env["workshop.authorisation"]
        for record, error in (
            (taken.sudo(), UserError),
            (taken.with_user(self.manager), AccessError),
        ):
            with self.assertRaises(UserError):
                record.write({"amount": 1})
            with self.assertRaises(error):
                record.unlink()
        with self.assertRaises(UserError):
            Authorisation.sudo().create({"order_id": self.order.id})
        with self.assertRaises(UserError):
            self.oil_job.sudo().write({"authorised_lines": []})

    def test_each_role_sees_and_takes_only_its_own(self):
        taken = self.order.authorise().with_env(self.env)
        for role in ("advisor", "cashier", "manager"):
            self.assertTrue(taken.with_user(getattr(self, role)).has_access("read"))
        for role in ("technician", "lead", "inspector", "keeper", "stranger"):
            user = getattr(self, role)
            with self.subTest(role=role):
                self.assertFalse(taken.with_user(user).has_access("read"))
                with self.assertRaises(AccessError):
                    self.order.with_env(self.env).with_user(user).authorise()
                with self.assertRaises(AccessError):
                    self.brake_job.with_env(self.env).with_user(user).decline("No")

    def test_the_desks_form_records_what_the_customer_said(self):
        wizard = (
            self.env["workshop.order.authorise"]
            .with_user(self.advisor)
            .create({"order_id": self.order.id, "signature": SIGNATURE})
        )
        self.assertEqual(wizard.job_ids, self.order.job_ids)
        self.assertIn("Oil change", wizard.shown)
        wizard.action_decide()
        [taken] = self.order.authorisation_ids
        self.assertEqual(taken.signer, self.wang.name)
        self.assertEqual(base64.b64decode(SIGNATURE), base64.b64decode(taken.signature))
