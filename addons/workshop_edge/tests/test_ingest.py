import uuid
from datetime import UTC, datetime, timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import format_datetime

from odoo.addons.workshop_order.tests.films import photo

from workbay_contract.events import GapEvent, MediaRef, encode_event
from workbay_contract.types import sha256

from ..ingest.known import utc
from .common import WorkshopEdgeCommon


@tagged("post_install", "-at_install")
class TestIngest(WorkshopEdgeCommon):
    def _events(self, batch):
        hashes = list(batch.hashes)
        return self.env["workshop.event"].search([("raw_hash", "in", hashes)])

    def test_a_job_lives_from_start_to_quality_control(self):
        bay, job = self.first, self.oil_job
        shown = MediaRef(sha256=sha256(photo()), size=len(photo()))
        outcomes = bay.send(
            bay.event(job, "start", self.tess),
            bay.event(job, "pause", self.tess, reason="parts"),
            bay.event(job, "resume", self.tess),
            bay.event(job, "finish", self.tess, media=(shown,)),
        )
        self._assert_applied(outcomes)
        # Who passes it waits for the photo, as the standard process has it.
        [early] = bay.send(bay.event(job, "qc_pass", self.quinn))
        self.assertEqual(early.code, "media_not_verified")
        self._bring(photo())
        self._settle(self.order)
        self._assert_applied(bay.send(bay.event(job, "qc_pass", self.quinn)))
        self.assertEqual(job.phase, "qc_passed")
        self.assertFalse(job.running_user_id)
        self.assertIs(self.order._verify_chain(), True)
        event = self.order.event_ids[0]
        self.assertEqual(event.bay_id, self.bay)
        self.assertEqual(event.device_id, bay.device)
        self.assertEqual(event.batch_id._verify(), True)

    def test_the_same_batch_again_is_answered_the_same_and_changes_nothing(self):
        bay = self.first
        batch = bay.batch(
            bay.event(self.oil_job, "start", self.tess),
            bay.event(self.oil_job, "finish", self.tess),
        )
        first = bay.deliver(batch.encode().decode())
        self.assertEqual(
            self._codes(first.outcomes),
            [("accepted", "applied", None), ("rejected", "none", "photos_missing")],
        )
        count = self.env["workshop.event"].search_count([])
        again = bay.deliver(batch.encode().decode())
        self.assertEqual(self._codes(again.outcomes), self._codes(first.outcomes))
        self.assertEqual(again.outcomes[1].params, first.outcomes[1].params)
        self.assertTrue(all(outcome.duplicate for outcome in again.outcomes))
        self.assertEqual(self.env["workshop.event"].search_count([]), count)

    def test_a_refused_event_is_kept_with_its_reason_and_outside_the_chain(self):
        bay = self.first
        [outcome] = bay.send(bay.event(self.oil_job, "finish", self.tess, photos=1))
        self.assertEqual(outcome.code, "node_not_now")
        event = self.order.event_ids
        self.assertEqual((event.result, event.code), ("rejected", "node_not_now"))
        self.assertFalse(event.chain_hash)
        self.assertIn("cannot follow now", event.message)

    def test_two_bays_of_one_call_take_turns_by_time(self):
        early = self.first.event(self.oil_job, "start", self.tess)
        late = self.second.event(self.brake_job, "start", self.tess)
        answers = self.ingest(
            self.second.batch(late).encode().decode(),
            self.first.batch(early).encode().decode(),
        )
        by_device = {answer.device: answer.outcomes for answer in answers}
        self._assert_applied(by_device[self.first.name])
        self.assertEqual(by_device[self.second.name][0].code, "person_busy")

    def test_an_order_of_another_store_is_not_known(self):
        bay = self.foreign
        [outcome] = bay.send(bay.event(self.oil_job, "start", self.tess))
        self.assertEqual(outcome.code, "order_unknown")
        self.assertFalse(self.order.event_ids)

    def test_a_sheet_of_another_order_is_refused(self):
        bay = self.first
        [outcome] = bay.send(
            bay.event(self.oil_job, "start", self.tess, sheet="0" * 64)
        )
        self.assertEqual(outcome.code, "sheet_mismatch")

    def test_a_job_of_another_order_is_refused(self):
        other = self._receive(odometer=50_000).sudo()
        other.action_authorise()
        bay = self.first
        [outcome] = bay.send(
            bay.event(
                self.oil_job,
                "start",
                self.tess,
                order=other.id,
                sheet=other.sheet_hash,
            )
        )
        self.assertEqual(outcome.code, "order_unknown")

    def test_a_revoked_badge_is_refused(self):
        self.technician.sudo().badge_ids.filtered(
            lambda badge: not badge.revoked
        ).action_revoke()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE workshop_badge SET revoked_at = revoked_at - interval '1 minute'"
        )
        bay = self.first
        [outcome] = bay.send(bay.event(self.oil_job, "start", self.tess))
        self.assertEqual(outcome.code, "badge_unknown")

    def test_a_badge_revoked_since_held_when_it_was_shown(self):
        event = self.first.event(self.oil_job, "start", self.tess)
        badges = self.technician.sudo().badge_ids
        badges.filtered(lambda badge: not badge.revoked).action_revoke()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE workshop_badge SET revoked_at = revoked_at + interval '1 minute'"
        )
        self._assert_applied(self.first.send(event))

    def test_a_person_of_another_store_is_refused(self):
        self.technician.sudo().write(
            {
                "company_ids": [(6, 0, self.other_store.ids)],
                "company_id": self.other_store.id,
            }
        )
        bay = self.first
        [outcome] = bay.send(bay.event(self.oil_job, "start", self.tess))
        self.assertEqual(outcome.code, "badge_unknown")

    def test_a_known_uuid_with_other_bytes_is_a_conflict_and_raises_an_alarm(self):
        bay, same = self.first, uuid.uuid4()
        bay.send(bay.event(self.oil_job, "start", self.tess, uuid=same))
        [outcome] = bay.send(
            bay.event(self.oil_job, "pause", self.tess, uuid=same, reason="parts")
        )
        self.assertEqual(outcome.code, "conflict")
        self.assertEqual(self.oil_job.phase, "in_progress")
        self.assertIn("same number or UUID", bay.device.activity_ids[0].summary)

    def test_the_same_uuid_twice_in_one_call_is_a_conflict(self):
        bay, same = self.first, uuid.uuid4()
        outcomes = bay.send(
            bay.event(self.oil_job, "start", self.tess, uuid=same),
            bay.event(self.oil_job, "pause", self.tess, uuid=same, reason="parts"),
        )
        self.assertEqual([o.code for o in outcomes], [None, "conflict"])

    def test_an_event_that_names_another_device_is_refused(self):
        bay = self.first
        stolen = self.second.event(self.oil_job, "start", self.tess)
        bay.seq += 1
        [outcome] = bay.send(stolen)
        self.assertEqual(outcome.code, "foreign_device")
        # Its owner may still bring it.
        self._assert_applied(self.second.send(stolen))

    def test_what_is_no_event_is_refused_alone(self):
        bay = self.first
        bay.seq += 1
        outcomes = bay.send(b"no event", bay.event(self.oil_job, "start", self.tess))
        self.assertEqual([o.code for o in outcomes], ["malformed", None])

    def test_a_gap_is_taken_into_the_log_and_the_managers_are_told_when(self):
        bay = self.first
        bay.send(bay.event(self.oil_job, "start", self.tess))
        last = bay.device.last_event_ms
        bay.seq += 1
        gap = GapEvent(
            uuid=uuid.uuid4(),
            device=bay.name,
            seq=2,
            time=bay.time(datetime.now(UTC) + timedelta(hours=1)),
            lost_from=1,
            lost_to=1,
        )
        [outcome] = bay.send(encode_event(gap))
        self.assertEqual((outcome.result, outcome.effect), ("accepted", "none"))
        zone = self.store._workshop_tz().zone
        since, until = (
            format_datetime(self.env, utc(at), tz=zone, dt_format="short")
            for at in (last, bay.device.last_event_ms)
        )
        summary = bay.device.activity_ids[0].summary
        self.assertIn("disk lost records. Ask its people", summary)
        self.assertIn(f"between {since} and {until}", summary)

    def test_photos_are_expected_from_then_on(self):
        bay = self.first
        bay.send(
            bay.event(self.oil_job, "start", self.tess),
            bay.event(self.oil_job, "finish", self.tess, photos=2),
        )
        self.assertEqual(
            self.order.event_ids.media_ids.mapped("state"), ["expected"] * 2
        )

    def test_only_the_bridge_may_ingest(self):
        for user in (self.manager, self.env.ref("base.user_admin")):
            with self.assertRaises(AccessError):
                self.env["workshop.device"].with_user(user).ingest([])

    def test_a_batch_moves_number_and_seal_only_as_a_whole(self):
        bay = self.first
        batch = bay.batch(bay.event(self.oil_job, "start", self.tess))
        bay.deliver(batch.encode().decode())
        self.assertEqual(bay.device.last_seq, 1)
        self.assertEqual(bay.device.last_seal, batch.seal)
