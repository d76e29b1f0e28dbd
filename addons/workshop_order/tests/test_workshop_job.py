from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import WorkshopOrderCommon


@tagged("post_install", "-at_install")
class TestWorkshopJob(WorkshopOrderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._receive()
        cls.job = cls.order.job_ids

    def test_a_job_is_what_the_release_says(self):
        version = self.release._version_of(self.oil_service)
        self.assertEqual(self.job.version_id, version)
        self.assertEqual(self.job.process_id, version.process_id)
        self.assertAlmostEqual(self.job.hours, 0.6)
        self.assertEqual(self.job.price, 437)
        self.assertEqual(
            self.job.line_ids.mapped("display_type"), ["line_section"] + [False] * 3
        )

    def test_nobody_chooses_a_jobs_hours_state_or_company(self):
        vals = {"order_id": self.order.id, "service_id": self.brake_service.id}
        for more in (
            {"hours": 99},
            {"state": "authorised"},
            {"company_id": self.other_store.id},
            {"process_id": self.job.process_id.id},
        ):
            with self.assertRaises(UserError):
                self.env["workshop.job"].with_user(self.advisor).create(vals | more)

    def test_what_was_agreed_cannot_be_written(self):
        for vals in (
            {"state": "authorised"},
            {"hours": 9},
            {"version_id": False},
            {"order_id": self.order.id},
            {"floor_id": False},
            {"finished_at": False},
            {"phase": "qc_passed"},
            {"line_ids": []},
        ):
            for user in (self.advisor, self.manager):
                with self.subTest(vals=vals), self.assertRaises(UserError):
                    self.job.with_user(user).write(vals)
        self.job.with_user(self.advisor).sequence = 5

    def test_a_job_of_another_store_is_out_of_reach(self):
        job = self.job.with_user(self.stranger)
        for method in ("action_authorise", "action_withdraw"):
            with self.assertRaises(AccessError):
                getattr(job, method)()
        with self.assertRaises(AccessError):
            job.create({"order_id": self.order.id, "service_id": self.brake_service.id})

    def test_a_technician_authorises_nothing(self):
        with self.assertRaises(AccessError):
            self.job.with_user(self.technician).action_authorise()
        with self.assertRaises(AccessError):
            self.order.with_user(self.technician).action_authorise()

    def test_a_withdrawn_job_orders_nothing(self):
        self.order.action_authorise()
        self.job.with_user(self.advisor).action_withdraw()
        self.assertEqual(self.job.state, "withdrawn")
        self.assertEqual(self.order.sale_order_id.amount_total, 0)
        open_moves = self.order.sale_order_id.picking_ids.move_ids.filtered(
            lambda move: move.state != "cancel" and move.product_uom_qty
        )
        self.assertFalse(open_moves)
        verdict = self._confirm(self.job, "start", self.technician)
        self.assertNotEqual(verdict.effect, "applied")

    def test_a_job_that_has_begun_is_not_withdrawn(self):
        self.order.action_authorise()
        self._confirm(self.job, "start", self.technician)
        with self.assertRaisesRegex(UserError, "is at work on .*paused first"):
            self.job.action_withdraw()

    def test_a_job_shows_where_it_stands(self):
        self.order.action_authorise()
        self.assertFalse(self.job.node_name)
        self._confirm(self.job, "start", self.technician)
        self.assertEqual(self.job.phase, "in_progress")
        self.assertEqual(self.job.node_name, "Start")
        self.assertEqual(self.job.running_user_id, self.technician)
        self.assertEqual(self.order.progress, 40)

    def test_jobs_are_grouped_by_their_phase(self):
        self.order.action_authorise()
        self._confirm(self.job, "start", self.technician)
        groups = self.env["workshop.job"]._read_group(
            [("order_id", "=", self.order.id)], ["phase"], ["__count"]
        )
        self.assertEqual(groups, [("in_progress", 1)])

    def test_limits_are_told_in_few_signs(self):
        step = self.job.version_id.step_ids[1]
        self.assertEqual(step.limits, "25 – 30 N·m")
        self.assertEqual(step.new({"limit_kind": "none"}).limits, "")
