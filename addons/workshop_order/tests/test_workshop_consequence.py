from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, ConcurrencyError, LockError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import WorkshopOrderCommon

MODEL = "odoo.addons.workshop_order.models.workshop_consequence"


@tagged("post_install", "-at_install")
class TestWorkshopConsequence(WorkshopOrderCommon):
    def setUp(self):
        super().setUp()
        self.order = self._receive().sudo()
        self.order.action_authorise()
        self.job = self.order.job_ids
        self.queue = self.env["workshop.consequence"]
        self.drawn = []

    def _rows(self):
        return self.queue.search([("order_id", "=", self.order.id)])

    def _applies(self, error=None):
        def apply(orders):
            self.drawn += orders.ids
            if error:
                raise error

        return patch.object(
            type(self.env["workshop.order"]), "_apply_floor_consequences", apply
        )

    def test_an_event_queues_and_wakes_the_cron_once_until_it_has_looked(self):
        cron = self.env.ref("workshop_order.workshop_consequence_cron")
        triggers = self.env["ir.cron.trigger"].search
        of_queue = [("cron_id", "=", cron.id)]
        triggers(of_queue).unlink()
        self._confirm(self.job, "start", self.technician)
        self.assertEqual(self._rows().kind, "floor")
        self.assertEqual(len(triggers(of_queue)), 1)
        self._confirm(self.job, "pause", self.technician, reason="parts")
        self.assertEqual(len(triggers(of_queue)), 1)
        # Nobody came: he who made it may have died before he woke anybody.
        triggers(of_queue).call_at -= timedelta(seconds=10)
        self._confirm(self.job, "resume", self.technician)
        self.assertEqual(len(triggers(of_queue)), 2)

    def test_many_events_of_an_order_are_drawn_once(self):
        self._confirm(self.job, "start", self.technician)
        self._confirm(self.job, "finish", self.technician, b"photo")
        with self._applies():
            self.order._drain_consequences()
        self.assertEqual(self.drawn, self.order.ids)
        self.assertFalse(self._rows())

    def test_the_cron_draws_what_is_due(self):
        self._confirm(self.job, "start", self.technician)
        with (
            self._applies(),
            patch.object(self.env.registry["ir.cron"], "_commit_progress") as progress,
        ):
            progress.return_value = 60.0
            self.queue._cron_run()
        self.assertIn(self.order.id, self.drawn)
        self.assertTrue(progress.called)
        self.assertFalse(self._rows())

    def test_what_fails_stays_with_its_error_and_is_tried_later(self):
        self._confirm(self.job, "start", self.technician)
        self._confirm(self.job, "finish", self.technician, b"photo")
        with self._applies(UserError("No stock")), mute_logger(MODEL):
            self.queue._run_orders(self.order.ids)
        row = self._rows()
        self.assertEqual((len(row), row.attempts, row.error), (1, 1, "No stock"))
        self.assertGreater(row.next_at, fields.Datetime.now())
        self.assertNotIn(self.order.id, self.queue._due_orders(1000))
        row.write({"next_at": fields.Datetime.now() - timedelta(seconds=1)})
        self.env.flush_all()
        self.assertIn(self.order.id, self.queue._due_orders(1000))
        with self._applies():
            self.queue._run_orders(self.order.ids)
        self.assertFalse(self._rows())

    def test_an_order_that_is_locked_waits_without_an_error(self):
        self._confirm(self.job, "start", self.technician)
        with self._applies(LockError("busy")):
            late = self.queue._run_orders(self.order.ids)
        self.assertEqual(late, self.order.ids)
        self.assertEqual(self._rows().mapped("attempts"), [0])

    def test_whoever_asks_meanwhile_has_his_call_begun_anew(self):
        self._confirm(self.job, "start", self.technician)
        with self._applies(LockError("busy")), self.assertRaises(ConcurrencyError):
            self.order._drain_consequences()
        with self._applies(ConcurrencyError("busy")):
            self.assertEqual(self.queue._run_orders(self.order.ids), self.order.ids)

    def test_one_orders_trouble_costs_the_others_of_its_batch_nothing(self):
        other = self._receive(complaint="Another").sudo()
        other.action_authorise()
        self._confirm(self.job, "start", self.technician)
        self._confirm(other.job_ids, "start", self.inspector)
        orders = self.order | other
        self.env.invalidate_all()
        apply_all = type(orders)._apply_floor_consequences

        def apply(orders):
            if self.order in orders:
                raise ValueError("No stock")
            self.drawn += orders.ids
            return apply_all(orders)

        self.queue.create([{"order_id": order.id, "kind": "floor"} for order in orders])
        with (
            patch.object(type(orders), "_apply_floor_consequences", apply),
            mute_logger(MODEL),
        ):
            self.assertEqual(self.queue._run_orders(orders.ids), [])
        self.assertEqual(self.drawn, other.ids)
        left = self.queue.search([("order_id", "in", orders.ids)])
        self.assertEqual(left.mapped("error"), ["No stock"])

    def test_a_run_whose_time_is_up_wakes_the_next_one_at_once(self):
        self._confirm(self.job, "start", self.technician)
        with (
            self._applies(),
            patch.object(self.env.registry["ir.cron"], "_commit_progress") as progress,
            patch.object(type(self.queue), "_trigger") as trigger,
        ):
            progress.return_value = 0
            self.queue._cron_run()
        trigger.assert_called_once()

    def test_an_order_in_use_is_drawn_when_it_is_free_and_blocks_nobody(self):
        """What the first pass cannot lock waits in the database, then is drawn."""
        self._confirm(self.job, "start", self.technician)
        held = [LockError("busy"), None]

        def apply(orders):
            if error := held.pop(0):
                raise error
            self.drawn += orders.ids

        with (
            patch.object(type(self.order), "_apply_floor_consequences", apply),
            patch.object(self.env.registry["ir.cron"], "_commit_progress") as progress,
            patch.object(type(self.queue), "_await_order") as wait,
        ):
            progress.return_value = 10
            self.queue._cron_run()
        wait.assert_called_once_with(self.order.id)
        self.assertEqual(self.drawn, self.order.ids)
        self.assertFalse(self._rows())

    def test_an_order_in_use_for_too_long_is_put_back_like_a_failure(self):
        self._confirm(self.job, "start", self.technician)
        with (
            self._applies(LockError("busy")),
            patch.object(self.env.registry["ir.cron"], "_commit_progress") as progress,
        ):
            progress.return_value = 10
            self.queue._cron_run()
        row = self._rows()
        self.assertEqual((row.attempts, row.error), (1, "The order is in use."))

    def test_a_failure_leaves_nothing_half_done(self):
        self._confirm(self.job, "start", self.technician)
        order = self.order

        def apply(orders):
            order.message_post(body="half")
            raise ValueError("half way")

        before = len(order.message_ids)
        with (
            patch.object(type(order), "_apply_floor_consequences", apply),
            mute_logger(MODEL),
        ):
            self.queue._run_orders(order.ids)
        self.env.invalidate_all()
        self.assertEqual(len(order.message_ids), before)

    def test_nobody_but_the_administrator_sees_the_queue(self):
        self._confirm(self.job, "start", self.technician)
        for user in (self.manager, self.advisor, self.technician):
            with self.assertRaises(AccessError):
                self._rows().with_user(user).read(["kind"])
