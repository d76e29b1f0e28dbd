from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_workshop_job_gate_mixin import GateCommon
from .test_workshop_order_floor import FloorCommon

HOUR = 3_600_000


@tagged("post_install", "-at_install")
class TestWorkshopJobShare(FloorCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        start = round((fields.Datetime.now() - timedelta(hours=8)).timestamp() * 1000)
        record = cls._record
        for user, begin, end in (
            (cls.technician, 0, 1),
            (cls.tom, 2, 5),
        ):
            first = "start" if user == cls.technician else "resume"
            last = "pause" if user == cls.technician else "finish"
            record(
                cls,
                cls._fact(cls, cls.oil_job, first, user, at=start + begin * HOUR),
                cls._fact(
                    cls,
                    cls.oil_job,
                    last,
                    user,
                    at=start + end * HOUR,
                    photos=1,
                    reason="technician",
                ),
            )

    def _hours(self, user=None):
        rows = self.env["workshop.job.hours"].with_user(user or self.lead)
        return {
            row.user_id: (
                round(row.share, 4),
                round(row.standard_hours, 4),
                round(row.actual_hours, 4),
            )
            for row in rows.search([("job_id", "=", self.oil_job.id)])
        }

    def test_the_clocks_share_what_nobody_set(self):
        self.assertEqual(
            self.oil_job._shares()[self.oil_job.id],
            {self.technician.id: 2500, self.tom.id: 7500},
        )
        self.assertEqual(
            self._hours(),
            {
                self.technician: (25, 0.15, 1),
                self.tom: (75, 0.45, 3),
            },
        )

    def test_the_lead_shares_a_job_in_the_form(self):
        split = (
            self.env["workshop.job.split"]
            .with_user(self.lead)
            .with_context(default_job_id=self.oil_job.id)
            .create({"note": "Tess found the fault"})
        )
        self.assertEqual(split.line_ids.mapped("percent"), [25, 75])
        first, second = split.line_ids
        first.percent = 33.34
        with self.assertRaisesRegex(UserError, "108.34 %, not to 100 %"):
            split.action_share()
        second.percent = 66.66
        split.action_share()
        self.env.invalidate_all()
        self.assertEqual(
            self.oil_job._shares()[self.oil_job.id],
            {self.technician.id: 3334, self.tom.id: 6666},
        )
        self.assertIn("33.34 %", self.oil_job.share_text)
        event = self.order.link_ids[0]
        self.assertEqual((event.kind, event.note), ("share", "Tess found the fault"))
        self.assertIn(f'"{self.technician.id}":3334', event.raw)
        self.assertIs(self.order._verify_chain(), True)
        self.assertEqual(self._hours()[self.technician], (33.34, 0.2, 1))
        split.action_by_clock()
        self.env.invalidate_all()
        self.assertEqual(self.oil_job._shares()[self.oil_job.id][self.tom.id], 7500)

    def test_what_is_no_sharing_is_refused(self):
        tess, tom = self.technician.id, self.tom.id
        job = self.oil_job.with_user(self.lead)
        for shares, why in (
            ({tess: 10_001}, "between"),
            ({tess: 10_000, tom: 0}, "between"),
            ({tess: 11_000, tom: -1_000}, "between"),
            ({tess: 5_000.0, tom: 5_000.0}, "between"),
            ({tess: 9_999}, "not to 100"),
            ({self.stranger.id: 10_000}, "of the store's floor"),
            ({"x": 10_000}, "of the store's floor"),
        ):
            with self.subTest(shares=shares), self.assertRaisesRegex(UserError, why):
                job.set_shares(shares, "So it was")
        with self.assertRaisesRegex(UserError, "Say why"):
            job.set_shares({tess: 10_000}, " ")
        with self.assertRaisesRegex(UserError, "from when it was begun"):
            self.brake_job.with_user(self.lead).set_shares({tess: 10_000}, "x")

    def test_nobody_else_shares(self):
        shares = {self.technician.id: 10_000}
        for user in (self.technician, self.advisor, self.inspector, self.stranger):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    self.oil_job.with_user(user).set_shares(shares, "Mine")
                with self.assertRaises(AccessError):
                    self.env["workshop.job.split"].with_user(user).create(
                        {"job_id": self.oil_job.id}
                    )
        with self.assertRaises(UserError):
            self.oil_job.with_user(self.advisor).write({"shares_set": {}})

    def test_hours_are_the_stores_own_and_only_read(self):
        self.assertTrue(self._hours(self.manager))
        self.assertFalse(self._hours(self.stranger))
        rows = self.env["workshop.job.hours"]
        for user in (self.lead, self.manager, self.technician):
            for operation in ("write", "create", "unlink"):
                self.assertFalse(rows.with_user(user).has_access(operation))


@tagged("post_install", "-at_install")
class TestDispatch(GateCommon):
    def test_a_job_that_nobody_may_do_is_told_and_kept(self):
        self.assertIn("nobody holds", self.oil_job.dispatch_problem)
        self.assertIn("High voltage", self.oil_job.dispatch_problem)
        self.assertFalse(self.brake_job.dispatch_problem)
        self.assertEqual(self.oil_job.state, "authorised")
        self.assertIn("High voltage", "".join(self.order.message_ids.mapped("body")))
        wizard = (
            self.env["workshop.order.authorise"]
            .with_user(self.advisor)
            .new({"order_id": self.order.id, "job_ids": self.oil_job.ids})
        )
        self.assertIn("High voltage", wizard.dispatch_problem)

    def test_somebody_who_may_and_is_here_is_enough(self):
        self._certify(self.tom)
        self.env.invalidate_all()
        self.assertFalse(self.oil_job.dispatch_problem)
        # The advisor's certificate is of no use at the bay.
        self.tom.sudo().active = False
        self._certify(self.advisor)
        self.env.invalidate_all()
        self.assertIn("nobody holds", self.oil_job.dispatch_problem)

    def test_who_is_away_is_named(self):
        skill = self._certify(self.technician)
        now = fields.Datetime.now()
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Training",
                "resource_id": skill.employee_id.resource_id.id,
                "company_id": self.store.id,
                "date_from": now - timedelta(hours=1),
                "date_to": now + timedelta(hours=1),
            }
        )
        self.env.invalidate_all()
        self.assertIn("is here today", self.oil_job.dispatch_problem)
        self.assertIn(self.technician.name, self.oil_job.dispatch_problem)
