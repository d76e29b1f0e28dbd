from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_workshop_authorisation import SIGNATURE
from .test_workshop_job_node_mixin import picture
from .test_workshop_order_floor import FloorCommon


@tagged("post_install", "-at_install")
class TestWorkshopJobDeviation(FloorCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._measure_outside()

    def test_what_was_measured_stands_on_event_and_job(self):
        self.assertIn("Tighten the plug: 31", self.oil_job.deviation_text)
        event = self.order.event_ids[0]
        self.assertIn("⚠ Tighten the plug 31 N·m", event.checks_text)
        self.assertIn("✓ Lift the car", event.checks_text)

    def test_a_further_job_settles_it(self):
        job = self.oil_job.with_user(self.advisor)
        with self.assertRaisesRegex(UserError, "Propose the job"):
            job.settle_value(self.plug.id, job_id=self.oil_job.id)
        # A dialog's empty field comes as False.
        settled = job.settle_value(self.plug.id, job_id=self.brake_job.id, note=False)
        self.env.invalidate_all()
        self.assertFalse(settled.note)
        self.assertFalse(self.oil_job.deviation_text)
        self.assertEqual(
            self.oil_job.floor_id.settled, [{"step": self.plug.id, "value": "31"}]
        )
        with self.assertRaisesRegex(UserError, "no value outside"):
            job.settle_value(self.plug.id, job_id=self.brake_job.id)
        self.assertIs(self.order._verify_chain(), True)

    def test_the_customer_refuses_in_writing(self):
        job = self.oil_job.with_user(self.advisor)
        with self.assertRaisesRegex(UserError, "in writing"):
            job.settle_value(self.plug.id, channel="phone")
        job.settle_value(self.plug.id, signature=SIGNATURE, note="Sells the car")
        self.env.invalidate_all()
        self.assertFalse(self.oil_job.deviation_text)
        self.assertEqual(self.order.authorisation_ids[0].decision, "refused")
        self.assertIs(self.order._verify_chain(), True)

    def test_only_the_desk_settles(self):
        for user in (self.technician, self.lead, self.inspector, self.stranger):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.oil_job.with_user(user).settle_value(
                    self.plug.id, job_id=self.brake_job.id
                )

    def _wizard(self, user, **values):
        return (
            self.env["workshop.job.deviate"]
            .with_user(user)
            .with_context(default_job_id=self.oil_job.id)
            .create(values)
        )

    def test_nobody_finishes_on_a_value_that_was_not_dealt_with(self):
        job = self.oil_job.with_user(self.technician)
        job.confirm_node("resume")
        with self.assertRaisesRegex(UserError, "31 is outside 25 – 30"):
            job.confirm_node("finish", photos=[picture()])
        late = self._fact(self.oil_job, "finish", self.technician, photos=1)
        self.assertEqual(self._record(late), [("rejected", "none", "value_outside")])

    def test_the_lead_has_the_step_done_again(self):
        wizard = self._wizard(self.lead)
        self.assertFalse(wizard.may_settle)
        self.assertEqual(wizard.step_id, self.plug)
        self.assertIn("Tighten the plug: 31", wizard.told)
        with self.assertRaisesRegex(UserError, "Say why"):
            wizard.action_settle()
        wizard.note = "The wrench was set wrong"
        wizard.action_settle()
        self.env.invalidate_all()
        self.assertFalse(self.oil_job.deviation_text)
        self.assertEqual(
            self.oil_job.floor_id.checks, [{"step": self.lift.id, "value": None}]
        )
        job = self.oil_job.with_user(self.technician)
        job.confirm_node("resume")
        job.confirm_node(
            "finish",
            photos=[picture()],
            checks=[{"step": self.plug.id, "value": "28"}],
        )
        self.assertIs(self.order._verify_chain(), True)
        with self.assertRaisesRegex(UserError, "no value outside"):
            self.oil_job.with_user(self.lead).redo_value(self.plug.id, "Again")

    def test_the_lead_speaks_for_no_customer(self):
        for values in (
            {"way": "job", "mending_job_id": self.brake_job.id},
            {"way": "refuse", "signature": SIGNATURE},
        ):
            with self.subTest(**values), self.assertRaises(AccessError):
                self._wizard(self.lead, **values).action_settle()
        self.assertIn("31", self.oil_job.deviation_text)

    def test_the_advisor_proposes_the_job_that_mends_it(self):
        wizard = self._wizard(self.advisor, way="job")
        self.assertTrue(wizard.may_settle)
        with self.assertRaisesRegex(UserError, "Choose the job"):
            wizard.action_settle()
        wizard.service_id = self.brake_service
        wizard.action_settle()
        self.env.invalidate_all()
        self.assertFalse(self.oil_job.deviation_text)
        self.assertEqual(self.order.job_ids[-1].state, "proposed")
        self.assertIn(f'"job":{self.order.job_ids[-1].id}', self.order.event_ids[0].raw)

    def test_the_advisor_takes_the_refusal_down(self):
        wizard = self._wizard(self.advisor, way="refuse", signer="Wang Fang")
        with self.assertRaisesRegex(UserError, "sign first"):
            wizard.action_settle()
        wizard.signature = SIGNATURE
        wizard.action_settle()
        self.env.invalidate_all()
        self.assertFalse(self.oil_job.deviation_text)
        self.assertEqual(self.order.authorisation_ids[0].signer, "Wang Fang")

    def test_nobody_else_opens_the_form_or_voids_a_value(self):
        for user in (self.technician, self.inspector, self.cashier, self.keeper):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    self._wizard(user)
                with self.assertRaises(AccessError):
                    self.oil_job.with_user(user).redo_value(self.plug.id, "x")
        with self.assertRaises(AccessError):
            self.oil_job.with_user(self.stranger).redo_value(self.plug.id, "x")

    def test_a_value_is_typed_as_a_number(self):
        job = self.oil_job.with_user(self.technician)
        with self.assertRaises(UserError):
            job.confirm_node(
                "resume", checks=[{"step": self.plug.id, "value": "tight"}]
            )
        with self.assertRaisesRegex(UserError, "Enter the value measured"):
            job.confirm_node("resume", checks=[{"step": self.plug.id}])
