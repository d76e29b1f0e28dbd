from odoo.tests import tagged

from .common import WorkshopOrderCommon


@tagged("post_install", "-at_install")
class TestWorkshopSettlement(WorkshopOrderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._receive(service_ids=(cls.oil_service | cls.brake_service).ids)
        cls.order.action_authorise()
        cls.oil_job, cls.brake_job = cls.order.job_ids

    def _finished_messages(self):
        return self.order.message_ids.filtered(lambda m: "was finished by" in m.body)

    def test_finishing_a_job_delivers_its_labour_and_its_parts(self):
        self._finish(self.oil_job)
        self.assertEqual(self.oil_job.line_ids.mapped("qty_delivered"), [0, 1, 4, 1])
        self.assertEqual(self.brake_job._labour_lines().qty_delivered, 0)
        self.assertEqual(self.oil.with_company(self.store).qty_available, 16)
        self.assertEqual(self.order.state, "open")

    def test_other_jobs_parts_stay_in_the_open_picking(self):
        twin = self.order.add_services(self.oil_service.ids)
        twin.action_authorise()
        self._finish(self.oil_job)
        self.assertEqual(twin.line_ids.move_ids.mapped("quantity"), [4, 1])
        self.assertNotIn("done", twin.line_ids.move_ids.mapped("state"))
        self.assertEqual(set(self.oil_job.line_ids.move_ids.mapped("state")), {"done"})

    def test_what_the_parts_keeper_issued_counts(self):
        move = self.oil_job.line_ids.move_ids.filtered(
            lambda move: move.product_id == self.oil
        ).with_user(self.keeper)
        move.quantity, move.picked = 3, True
        self._finish(self.oil_job)
        self.assertEqual(self.oil_job.line_ids.mapped("qty_delivered"), [0, 1, 3, 1])
        # And counts as all: what is drawn later issues no more of it.
        self._confirm(self.oil_job, "qc_pass", self.inspector)
        self._settle(self.order)
        self.assertEqual(self.oil_job.line_ids.mapped("qty_delivered"), [0, 1, 3, 1])

    def test_consequences_may_be_drawn_twice(self):
        self._finish(self.oil_job)
        before = (
            self.oil_job.finished_at,
            self.oil_job.line_ids.mapped("qty_delivered"),
            self.order.sale_order_id.picking_ids,
        )
        self.order._apply_floor_consequences()
        self.order._apply_floor_consequences()
        self.assertEqual(
            before,
            (
                self.oil_job.finished_at,
                self.oil_job.line_ids.mapped("qty_delivered"),
                self.order.sale_order_id.picking_ids,
            ),
        )
        self.assertEqual(len(self._finished_messages()), 1)

    def test_the_chatter_says_who_finished_where(self):
        self._finish(self.oil_job)
        message = self._finished_messages().body
        self.assertIn("Oil change", message)
        self.assertIn(self.technician.name, message)
        self.assertIn("B1 Lift", message)

    def test_an_order_is_done_when_every_job_has_passed(self):
        self._pass(self.oil_job)
        self.assertEqual(self.order.state, "open")
        self._pass(self.brake_job)
        self.assertEqual(self.order.state, "done")
        self.assertEqual(self.order.progress, 100)

    def test_a_job_added_to_a_finished_order_opens_it_again(self):
        self._pass(self.oil_job)
        self._pass(self.brake_job)
        self.order.add_services(self.brake_service.ids).action_authorise()
        self.assertEqual(self.order.state, "open")

    def test_rework_takes_the_labour_back_and_bills_it_once(self):
        self._finish(self.brake_job)
        self._confirm(self.brake_job, "qc_fail", self.inspector, reason="other")
        self._settle(self.order)
        self.assertEqual(self.brake_job.phase, "waiting")
        self.assertEqual(self.brake_job._labour_lines().qty_delivered, 0)
        self.assertFalse(self.brake_job.finished_at)
        self._pass(self.brake_job)
        self.assertEqual(self.brake_job._labour_lines().qty_delivered, 1)

    def test_a_cancelled_order_draws_no_consequences(self):
        self.order.action_cancel()
        self.order._apply_floor_consequences()
        self.assertEqual(self.order.state, "cancelled")
        self.assertFalse(any(self.order.job_ids.line_ids.mapped("qty_delivered")))

    def test_a_technician_needs_no_right_on_sales_for_it(self):
        self.assertFalse(self.technician.has_group("sales_team.group_sale_salesman"))
        self._confirm(self.oil_job, "start", self.technician)
        self._confirm(self.oil_job, "finish", self.technician, b"photo")
        self.order.with_user(self.technician)._drain_consequences()
        self.assertEqual(self.oil_job._labour_lines().qty_delivered, 1)
