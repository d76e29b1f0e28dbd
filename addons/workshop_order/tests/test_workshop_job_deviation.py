from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_workshop_authorisation import SIGNATURE
from .test_workshop_order_floor import FloorCommon


@tagged("post_install", "-at_install")
class TestWorkshopJobDeviation(FloorCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lift, cls.plug = cls.oil_job.version_id.step_ids
        job = cls.oil_job.with_user(cls.technician)
        job.confirm_node("start")
        job.confirm_node(
            "pause",
            reason="approval",
            checks=[{"step": cls.lift.id}, {"step": cls.plug.id, "value": "31"}],
        )
        cls.env.invalidate_all()

    def test_what_was_measured_stands_on_event_and_job(self):
        self.assertIn("Tighten the plug: 31", self.oil_job.deviation_text)
        event = self.order.event_ids[0]
        self.assertIn("⚠ Tighten the plug 31 N·m", event.checks_text)
        self.assertIn("✓ Lift the car", event.checks_text)

    def test_a_further_job_settles_it(self):
        job = self.oil_job.with_user(self.advisor)
        with self.assertRaisesRegex(UserError, "Propose the job"):
            job.settle_value(self.plug.id, job_id=self.oil_job.id)
        job.settle_value(self.plug.id, job_id=self.brake_job.id)
        self.env.invalidate_all()
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

    def test_a_value_is_typed_as_a_number(self):
        job = self.oil_job.with_user(self.technician)
        with self.assertRaises(UserError):
            job.confirm_node(
                "resume", checks=[{"step": self.plug.id, "value": "tight"}]
            )
        with self.assertRaisesRegex(UserError, "Enter the value measured"):
            job.confirm_node("resume", checks=[{"step": self.plug.id}])
