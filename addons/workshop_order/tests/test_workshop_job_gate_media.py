from odoo.exceptions import UserError
from odoo.tests import tagged

from .films import noise
from .test_workshop_job_node_mixin import picture
from .test_workshop_order_floor import APPLIED, FloorCommon

SHUT = ("rejected", "none", "media_not_verified")


class MediaGateCommon(FloorCommon):
    """The standard process, in which quality control waits for the photos."""

    def _done(self, job, *photos):
        """The job is finished with these photos, whose bytes are on their way."""
        self._confirm(job, "start", self.technician)
        verdict = self._confirm(job, "finish", self.technician, *photos)
        self.assertEqual(verdict.effect, "applied")
        return self._named(*photos)

    def _named(self, *photos):
        media = self.order.event_ids.media_ids
        self.assertEqual(len(media), len({*photos}))
        return media

    def _try_to_pass(self, job):
        outcomes = self._record(self._fact(job, "qc_pass", self.inspector))
        return outcomes[0]

    def _is_open(self, job):
        return "media_verified" in (job.floor_id.facts or ())


@tagged("post_install", "-at_install")
class TestMediaGate(MediaGateCommon):
    def test_it_is_open_while_nothing_was_shown(self):
        self.assertTrue(self._is_open(self.oil_job))
        self._confirm(self.oil_job, "start", self.technician)
        self.assertTrue(self._is_open(self.oil_job))

    def test_the_event_with_the_photo_shuts_it_itself(self):
        photo = noise((40, 30))
        media = self._done(self.oil_job, photo)
        self.assertFalse(self._is_open(self.oil_job))
        self.assertTrue(self._is_open(self.brake_job))
        self.assertEqual(self._try_to_pass(self.oil_job), SHUT)
        # What follows from the event does not open it before the bytes are here.
        self._settle(self.order)
        self.assertEqual(self._try_to_pass(self.oil_job), SHUT)
        self.assertEqual(self.oil_job.awaited_count, 1)
        self.assertIsNone(media._store(photo))
        self._settle(self.order)
        self.assertTrue(self._is_open(self.oil_job))
        self.assertEqual(self.oil_job.awaited_count, 0)
        self.assertEqual(self._try_to_pass(self.oil_job), APPLIED)
        self.assertIs(self.order._verify_chain(), True)

    def test_nobody_passes_it_in_the_same_batch(self):
        outcomes = self._record(
            self._fact(self.oil_job, "start", self.technician),
            self._fact(self.oil_job, "finish", self.technician, photos=1),
            self._fact(self.oil_job, "qc_pass", self.inspector),
        )
        self.assertEqual(outcomes, [APPLIED, APPLIED, SHUT])

    def test_a_bay_that_does_not_know_the_gate_is_refused_by_its_own_event(self):
        """As an older agent sends it: by its board the photo was not even taken."""
        mark = self._mark()
        self._record(self._fact(self.oil_job, "start", self.technician, mark=mark))
        self._record(
            self._fact(self.oil_job, "finish", self.technician, mark=mark, photos=1)
        )
        late = self._fact(self.oil_job, "qc_pass", self.inspector, mark=mark)
        self.assertEqual(self._record(late), [SHUT])

    def test_what_was_open_on_the_bays_board_is_held(self):
        photo = noise((40, 30))
        self._done(self.oil_job, photo)._store(photo)
        self._settle(self.order)
        mark = self._mark()
        # Elsewhere it is sent back and shown anew, and that has not come yet.
        for node, user, photos in (
            ("qc_fail", self.inspector, 0),
            ("start", self.technician, 0),
            ("finish", self.technician, 1),
        ):
            reason = "parts" if node == "qc_fail" else None
            self._record(
                self._fact(self.oil_job, node, user, photos=photos, reason=reason),
                bay=self.pit,
            )
        late = self._fact(self.oil_job, "qc_pass", self.inspector, mark=mark)
        self.assertEqual(self._record(late), [("accepted", "held", "overtaken")])
        held = self.order.event_ids.filtered("is_open_issue")
        with self.assertRaisesRegex(UserError, "still on their way"):
            held.with_user(self.lead).decide("apply", "I saw it")

    def test_all_of_them_have_to_come(self):
        first, second = noise((40, 30)), noise((40, 31))
        media = self._done(self.oil_job, first, second)
        for photo in (first, second):
            self.assertFalse(self._is_open(self.oil_job))
            media.filtered(lambda m, p=photo: m.size == len(p))._store(photo)
            self._settle(self.order)
        self.assertTrue(self._is_open(self.oil_job))

    def test_what_is_quarantined_does_not_open_it(self):
        media = self._done(self.oil_job, noise((40, 30)))
        media._quarantine("media_lost")
        self._settle(self.order)
        self.assertEqual(self._try_to_pass(self.oil_job), SHUT)

    def test_the_photo_of_a_refused_event_shuts_nothing(self):
        outcomes = self._record(
            self._fact(self.oil_job, "finish", self.technician, photos=1)
        )
        self.assertEqual(outcomes[0][0], "rejected")
        self.assertEqual(self.order.event_ids.media_ids.state, "expected")
        self.assertTrue(self._is_open(self.oil_job))
        self._settle(self.order)
        self.assertTrue(self._is_open(self.oil_job))

    def test_a_held_event_shuts_it_when_it_is_applied(self):
        photo = noise((40, 30))
        self._confirm(self.oil_job, "start", self.technician)
        self.order._close_floor()
        verdict = self._confirm(self.oil_job, "finish", self.technician, photo)
        self.assertEqual(verdict.effect, "held")
        self.order._open_floor()
        self.oil_job._update_gates()
        self.assertTrue(self._is_open(self.oil_job), "what is held is not done yet")
        held = self.order.event_ids.filtered("is_open_issue")
        held.with_user(self.lead).decide("apply", "It was in time")
        self.env.invalidate_all()
        self.assertFalse(self._is_open(self.oil_job))
        self._settle(self.order)
        self.assertFalse(self._is_open(self.oil_job))
        self._named(photo)._store(photo)
        self._settle(self.order)
        self.assertTrue(self._is_open(self.oil_job))

    def test_a_photo_that_is_here_already_opens_it_at_once(self):
        photo = noise((40, 30))
        self._done(self.oil_job, photo)._store(photo)
        self._confirm(self.brake_job, "start", self.technician)
        self._confirm(self.brake_job, "finish", self.technician, photo)
        self.assertFalse(self._is_open(self.brake_job), "as the bay judges it offline")
        self._settle(self.order)
        self.assertTrue(self._is_open(self.brake_job))

    def test_one_photo_of_two_orders_opens_both(self):
        photo = noise((40, 30))
        media = self._done(self.oil_job, photo)
        other = self._receive(odometer=43_000).sudo()
        other.action_authorise()
        self._confirm(other.job_ids, "start", self.tom)
        self._confirm(other.job_ids, "finish", self.tom, photo)
        self._settle(self.order | other)
        self.assertFalse(self._is_open(other.job_ids))
        media._store(photo)
        # Whichever of the two is looked at first.
        self._settle(other)
        self.assertTrue(self._is_open(self.oil_job))
        self.assertTrue(self._is_open(other.job_ids))

    def test_what_was_corrected_is_not_waited_for(self):
        self._done(self.oil_job, noise((40, 30)))
        finish = self.order.event_ids.filtered(lambda e: e.node == "finish")
        finish.with_user(self.lead).correct("Not finished")
        self._settle(self.order)
        self.assertTrue(self._is_open(self.oil_job))
        # What was done before it stays shut: a correction brings no bytes.
        self._confirm(
            self.oil_job, "pause", self.technician, noise((40, 31)), reason="parts"
        )
        self._confirm(self.oil_job, "resume", self.technician)
        resume = self.order.event_ids.filtered(lambda e: e.node == "resume")
        resume.with_user(self.lead).correct("Not resumed")
        self._settle(self.order)
        self.assertFalse(self._is_open(self.oil_job))

    def test_a_photo_typed_at_the_desk_is_here_at_once(self):
        job = self.oil_job.with_user(self.technician)
        job.confirm_node("start")
        job.confirm_node("finish", photos=[picture()])
        self.env.invalidate_all()
        by_code = {
            choice["code"]: choice["refusal"]
            for choice in self.oil_job.with_user(self.inspector).node_choices
        }
        self.assertEqual(by_code["qc_pass"], "")
        self.oil_job.with_user(self.inspector).confirm_node("qc_pass")
        self.env.invalidate_all()
        self.assertEqual(self.oil_job.phase, "qc_passed")

    def test_the_desk_is_told_what_to_do(self):
        self._done(self.oil_job, noise((40, 30)))
        job = self.oil_job.with_user(self.inspector)
        with self.assertRaisesRegex(UserError, "have the lead sign for their absence"):
            job.confirm_node("qc_pass")
        action = job.action_awaited_media()
        found = self.env["workshop.media"].with_user(self.lead)
        self.assertEqual(found.search(action["domain"]), self.order.event_ids.media_ids)


@tagged("post_install", "-at_install")
class TestWithoutMediaGate(FloorCommon):
    @classmethod
    def _prepare_version_vals(cls, service):
        process = cls.env.ref("workshop_standard.workshop_process_standard").copy()
        gate = cls.env.ref("workshop_standard.workshop_gate_media_verified")
        for node in process.node_ids:
            node.gate_ids -= gate
        return {"process_id": process.id}

    def test_a_job_whose_process_does_not_ask_waits_for_nothing(self):
        photo = noise((40, 30))
        self._confirm(self.oil_job, "start", self.technician)
        self._confirm(self.oil_job, "finish", self.technician, photo)
        self.assertEqual(self.oil_job.awaited_count, 0)
        self._settle(self.order)
        self.order.event_ids.media_ids._store(photo)
        queued = self.env["workshop.consequence"].search(
            [("order_id", "=", self.order.id)]
        )
        self.assertFalse(queued)
        passed = self._fact(self.oil_job, "qc_pass", self.inspector)
        self.assertEqual(self._record(passed), [APPLIED])
