from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_workshop_order_floor import APPLIED, FloorCommon


@tagged("post_install", "-at_install")
class TestWorkshopEventDecision(FloorCommon):
    def _held_start(self):
        """Tess started by an old board what Tom had started elsewhere."""
        mark = self._mark()
        self._record(self._fact(self.oil_job, "start", self.tom), bay=self.pit)
        self._record(self._fact(self.oil_job, "start", self.technician, mark=mark))
        return self.order.event_ids.filtered(lambda event: event.effect == "held")

    def _rejected(self):
        self._record(self._fact(self.oil_job, "finish", self.technician, photos=1))
        return self.order.event_ids.filtered(lambda event: event.result == "rejected")

    def test_the_lead_sees_what_is_held_and_what_happened_meanwhile(self):
        held = self._held_start().with_user(self.lead)
        self.assertTrue(held.is_open_issue)
        self.assertIn("Start: tom", held.meanwhile)
        self.assertIn("In Work", held.meanwhile)
        Event = self.env["workshop.event"].with_user(self.lead)
        self.assertEqual(Event.search([("is_open_issue", "=", True)]), held)

    def test_what_is_held_is_applied_when_it_fits_again(self):
        held = self._held_start()
        with self.assertRaisesRegex(UserError, "cannot follow now"):
            held.with_user(self.lead).decide("apply", "Tess began it")
        self._record(
            self._fact(self.oil_job, "pause", self.tom, reason="parts"), bay=self.pit
        )
        # Pausing leaves no start, so what Tess did has to be set aside after all.
        with self.assertRaisesRegex(UserError, "Last on this job: Pause"):
            held.with_user(self.lead).decide("apply", "Tess began it")
        self.assertTrue(held.is_open_issue)

    def test_an_applied_decision_counts_as_the_persons_own_work(self):
        held = self._held_start()
        start = self.order.event_ids.filtered(
            lambda event: event.effect == "applied" and event.node == "start"
        )
        start.with_user(self.lead).correct("Tom scanned the wrong sheet")
        self.assertEqual(self.oil_job.phase, "waiting")
        self.assertFalse(self.oil_job.running_user_id)
        made = held.with_user(self.lead).decide("apply", "Tess began it")
        self.env.invalidate_all()
        self.assertEqual(self.oil_job.running_user_id, self.technician)
        self.assertEqual((made.kind, made.decision), ("decision", "apply"))
        self.assertEqual((made.user_id, made.actor_id), (self.technician, self.lead))
        self.assertFalse(held.is_open_issue)
        self.assertEqual(made.source, "browser")
        self.assertIs(self.order._verify_chain(), True)
        # The bay goes on from what it had recorded.
        outcomes = self._record(
            self._fact(
                self.oil_job, "finish", self.technician, mark=held.id - 1, photos=1
            )
        )
        self.assertEqual(outcomes, [APPLIED])

    def test_what_is_set_aside_changes_nothing_and_is_closed(self):
        held = self._held_start()
        held.with_user(self.manager).decide("set_aside", "Tom did it")
        self.env.invalidate_all()
        self.assertEqual(self.oil_job.running_user_id, self.tom)
        self.assertFalse(held.is_open_issue)
        self.assertEqual(self.order.issue_count, 0)
        self.assertIs(self.order._verify_chain(), True)

    def test_nobody_decides_twice(self):
        held = self._held_start().with_user(self.lead)
        held.decide("set_aside", "Tom did it")
        with self.assertRaisesRegex(UserError, "decided about this record already"):
            held.decide("apply", "No, Tess")

    def test_a_rejection_stays_open_until_it_is_closed_with_a_reason(self):
        rejected = self._rejected().with_user(self.lead)
        self._record(self._fact(self.oil_job, "start", self.technician))
        self.assertTrue(rejected.is_open_issue)
        self._settle(self.order)
        self.assertIn(self.lead, self.order.activity_ids.user_id)
        with self.assertRaisesRegex(UserError, "Say why"):
            rejected.decide("close", "  ")
        with self.assertRaisesRegex(UserError, "what was rejected is closed"):
            rejected.decide("apply", "Let it count")
        rejected.decide("close", "Scanned too early")
        self.assertFalse(rejected.is_open_issue)
        self._settle(self.order)
        self.assertFalse(self.order.activity_ids)
        self.assertIs(self.order._verify_chain(), True)

    def test_nothing_held_is_applied_to_an_order_that_is_closed(self):
        self.order._close_floor()
        self._record(self._fact(self.oil_job, "start", self.technician))
        held = self.order.event_ids.with_user(self.lead)
        with self.assertRaisesRegex(UserError, "not open"):
            held.decide("apply", "It was done")
        held.decide("set_aside", "The car had left")
        self.assertFalse(held.is_open_issue)

    def test_only_lead_and_manager_of_the_store_decide_and_correct(self):
        held = self._held_start()
        applied = self.order.event_ids.filtered(lambda e: e.effect == "applied")
        for user in (
            self.technician,
            self.inspector,
            self.advisor,
            self.cashier,
            self.keeper,
            self.stranger,
        ):
            with self.subTest(user=user.login):
                hostile = held.with_user(user).with_context(tracking_disable=True)
                with self.assertRaises(AccessError):
                    hostile.decide("set_aside", "Mine")
                with self.assertRaises(AccessError):
                    applied.with_user(user).correct("Mine")
                self.assertFalse(
                    self.env["workshop.event"].with_user(user).has_access("create")
                )

    def test_a_correction_undoes_what_nothing_builds_on(self):
        at = 1_750_000_000_000
        self._record(
            self._fact(self.oil_job, "start", self.technician, at=at),
            self._fact(
                self.oil_job, "finish", self.technician, at=at + 600_000, photos=1
            ),
        )
        finish, start = self.order.event_ids
        with self.assertRaisesRegex(UserError, "“Finish” came after it"):
            start.with_user(self.lead).correct("Wrong sheet")
        made = finish.with_user(self.lead).correct("Not finished at all")
        self.env.invalidate_all()
        self.assertEqual(self.oil_job.phase, "in_progress")
        self.assertEqual(self.oil_job.running_user_id, self.technician)
        self.assertEqual(self.oil_job.floor_id.worked_ms, 0)
        self.assertEqual(self.oil_job.floor_id.since_ms, at)
        self.assertEqual((made.kind, made.clock), ("correction", "start"))
        self.assertTrue(finish.is_undone)
        with self.assertRaisesRegex(UserError, "already"):
            finish.with_user(self.lead).correct("Again")
        self.assertEqual(
            self._record(self._fact(self.oil_job, "finish", self.technician, photos=1)),
            [APPLIED],
        )
        self.assertIs(self.order._verify_chain(), True)

    def test_a_clock_does_not_go_on_under_other_work(self):
        self._record(
            self._fact(self.oil_job, "start", self.technician),
            self._fact(self.oil_job, "finish", self.technician, photos=1),
            self._fact(self.brake_job, "start", self.technician),
        )
        finish = self.order.event_ids.filtered(lambda event: event.node == "finish")
        with self.assertRaisesRegex(UserError, "begun other work"):
            finish.with_user(self.lead).correct("Not finished")

    def test_boards_of_before_a_correction_are_judged_as_they_were(self):
        self._record(self._fact(self.oil_job, "start", self.technician))
        mark = self._mark()
        self.order.event_ids.with_user(self.lead).correct("Wrong sheet")
        outcomes = self._record(
            self._fact(self.oil_job, "finish", self.technician, mark=mark, photos=1)
        )
        self.assertEqual(outcomes, [("accepted", "held", "overtaken")])
        outcomes = self._record(
            self._fact(
                self.brake_job, "finish", self.technician, mark=self._mark(), photos=1
            )
        )
        self.assertEqual(outcomes[0][0], "rejected")

    def test_the_wizard_decides_and_corrects(self):
        held = self._held_start().with_user(self.lead)
        action = held.action_decide()
        wizard = (
            self.env["workshop.event.decide"]
            .with_user(self.lead)
            .with_context(**action["context"])
            .create({"note": "Tom did it"})
        )
        self.assertEqual(wizard.asked, "held")
        self.assertIn("Start", wizard.told)
        wizard.action_set_aside()
        self.assertFalse(held.is_open_issue)
        self._record(self._fact(self.brake_job, "finish", self.technician, photos=1))
        rejected = self.order.event_ids.filtered(lambda e: e.result == "rejected")
        rejected = rejected.with_user(self.lead)
        wizard.event_ids |= rejected
        self.assertEqual(wizard.asked, "mixed")
        wizard.event_ids = rejected
        self.assertEqual(wizard.asked, "rejected")
        wizard.action_close()
        self.assertFalse(rejected.is_open_issue)

    def test_what_names_no_order_of_the_store_is_closed_with_a_reason(self):
        fact = self._fact(self.oil_job, "start", self.technician)
        fact.order_id = 0
        self.assertEqual(self._record(fact), [("rejected", "none", "order_unknown")])
        Event = self.env["workshop.event"]
        lost = Event.search([("uuid", "=", fact.uuid)])
        self.assertFalse(lost.order_id)
        # By name: no process of ours says how it calls the node.
        self.assertEqual(lost.display_name, "No order of this store · Lift · Start")
        lead = lost.with_user(self.lead)
        self.assertTrue(lead.is_open_issue)
        with self.assertRaises(AccessError):
            lost.with_user(self.technician).decide("close", "Mine")
        self.assertFalse(lost.with_user(self.stranger).has_access("read"))
        with self.assertRaisesRegex(UserError, "what was rejected is closed"):
            lead.decide("apply", "Let it count")
        made = lead.decide("close", "A sheet of the store next door")
        self.env.invalidate_all()
        self.assertFalse(lost.is_open_issue)
        self.assertEqual((made.kind, made.effect), ("decision", "none"))
        self.assertEqual((made.company_id, made.actor_id), (self.store, self.lead))
        with self.assertRaisesRegex(UserError, "decided about this record already"):
            lead.decide("close", "Again")

    def test_the_timeline_shows_decisions_and_who_took_them(self):
        held = self._held_start()
        held.with_user(self.lead).decide("set_aside", "Tom did it")
        self.env.invalidate_all()
        newest = self.order.timeline[0]
        self.assertEqual(newest["node"], "Set Aside: Start")
        self.assertEqual(newest["person"]["id"], self.lead.id)
        self.assertEqual(newest["message"], "Tom did it")
        tones = {row["id"]: row["tone"] for row in self.order.timeline}
        self.assertEqual(tones[held.id], "decided")
