import json
from unittest.mock import patch

from psycopg2 import errors

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.workshop_order.floor import writer

from ..ingest.known import read_known
from .common import RECORD, WorkshopEdgeCommon

INTAKE = "odoo.addons.workshop_edge.ingest.intake"


@tagged("post_install", "-at_install")
class TestIngestFaults(WorkshopEdgeCommon):
    def _refused(self, payload, code):
        with mute_logger(INTAKE):
            [answer] = self.ingest(payload)
        self.assertEqual((answer.kind, answer.code), ("refused", code))
        letter = self.env["workshop.dead.letter"].search(
            [("payload_hash", "=", answer.payload)]
        )
        self.assertEqual((letter.code, letter.payload), (code, payload))
        return answer

    def _altered(self, batch, **values):
        return json.dumps({**json.loads(batch.encode()), **values})

    def _start(self, bay=None):
        bay = bay or self.first
        return bay.batch(bay.event(self.oil_job, "start", self.tess))

    def test_a_forged_signature_is_refused(self):
        self._refused(self._altered(self._start(), sig="0" * 128), "seal")
        self.assertFalse(self.order.event_ids)

    def test_altered_events_are_refused(self):
        batch = self._start()
        [event] = json.loads(batch.encode())["events"]
        self._refused(
            self._altered(batch, events=[event.replace("start", "pause")]), "seal"
        )

    def test_another_devices_key_does_not_seal(self):
        self.first.key, key = self.second.key, self.first.key
        self._refused(self._start().encode().decode(), "seal")
        self.first.key = key

    def test_a_batch_that_does_not_follow_is_refused_and_told_where_to_go_on(self):
        bay = self.first
        bay.send(bay.event(self.oil_job, "start", self.tess))
        bay.seq += 1  # one is missing
        event = bay.event(self.oil_job, "pause", self.tess, reason="parts")
        answer = self._refused(bay.batch(event).encode().decode(), "gap")
        self.assertEqual((answer.last_seq, answer.last_seal), (1, bay.seal))

    def test_another_previous_seal_is_refused(self):
        bay = self.first
        event = bay.event(self.oil_job, "start", self.tess)
        self._refused(bay.batch(event, prev="1" * 64).encode().decode(), "gap")

    def test_an_older_batch_over_again_is_refused(self):
        bay = self.first
        old = bay.batch(bay.event(self.oil_job, "start", self.tess))
        bay.deliver(old.encode().decode())
        bay.seal = old.seal
        bay.send(bay.event(self.oil_job, "pause", self.tess, reason="parts"))
        self._refused(old.encode().decode(), "gap")
        self.assertEqual(len(self.order.event_ids), 2)

    def test_what_is_no_batch_is_refused(self):
        self._refused(json.dumps({"device": self.first.name, "v": 1}), "malformed")
        self._refused(self._altered(self._start(), v=2), "version")
        self._refused(self._altered(self._start(), events=["x" * 20_000]), "oversize")
        # The log could not keep these very bytes, which is what evidence is about.
        self._refused(self._altered(self._start(), events=["\x00"]), "malformed")

    def test_an_event_of_another_version_keeps_the_whole_batch_at_the_bay(self):
        bay = self.first
        event = bay.event(self.oil_job, "start", self.tess)
        newer = event.replace(b'"v":1', b'"v":2')
        self._refused(bay.batch(newer).encode().decode(), "version")
        self.assertEqual(bay.device.last_seq, 0)

    def test_a_revoked_device_is_refused(self):
        batch = self._start()
        self.first.device.action_revoke()
        self.env.flush_all()
        self._refused(batch.encode().decode(), "device")

    def test_an_unknown_device_gets_no_answer_and_is_kept(self):
        payload = self._altered(self._start(), device="dev-nobody-knows")
        with mute_logger(INTAKE):
            self.assertEqual(self.ingest(payload, "nonsense \ud800"), [])
        letters = self.env["workshop.dead.letter"].search([("device_id", "=", False)])
        self.assertEqual(set(letters.mapped("code")), {"device", "malformed"})

    def test_a_refused_payload_is_kept_once(self):
        payload = self._altered(self._start(), sig="0" * 128)
        self._refused(payload, "seal")
        self._refused(payload, "seal")
        letter = self.env["workshop.dead.letter"].search([("code", "=", "seal")])
        self.assertEqual((len(letter), letter.attempts), (1, 2))

    def test_a_call_that_begins_anew_takes_all_of_its_batches_again(self):
        """One of them was taken when the transaction failed over the next."""
        bay = self.first
        one = bay.batch(bay.event(self.oil_job, "start", self.tess))
        pause = bay.event(self.oil_job, "pause", self.tess, reason="parts")
        other = bay.batch(pause, prev=one.seal)
        failures = [None, errors.SerializationFailure("at the second batch")]

        def read(cr, taken):
            if failures and (error := failures.pop(0)):
                raise error
            return read_known(cr, taken)

        def begin_anew(cr):
            cr.execute("ROLLBACK TO SAVEPOINT call")
            self.env.invalidate_all(flush=False)

        self.env.flush_all()
        self.env.cr.execute("SAVEPOINT call")
        with (
            patch(f"{INTAKE}.read_known", read),
            patch(f"{INTAKE}.begin_anew", begin_anew),
        ):
            answers = self.ingest(one.encode().decode(), other.encode().decode())
        for answer in answers:
            self._assert_applied(answer.outcomes)
        events = self.order.event_ids.sorted("id")
        self.assertEqual(events.mapped("node"), ["start", "pause"])

    def test_a_poisonous_event_sinks_nobody_else(self):
        poison = self.first.event(self.oil_job, "start", self.tess)
        batches = [
            self.first.batch(poison),
            self.second.batch(self.second.event(self.brake_job, "start", self.quinn)),
        ]
        with self._poison(self.oil_job):
            answers = self.ingest(*[batch.encode().decode() for batch in batches])
        by_device = {answer.device: answer.outcomes for answer in answers}
        self.assertEqual(
            self._codes(by_device[self.first.name]), [("retry", "none", "unexpected")]
        )
        self.assertEqual(by_device[self.second.name][0].code, "role_missing")
        # Well again, the same bytes are taken.
        answer = self.first.deliver(batches[0].encode().decode())
        self._assert_applied(answer.outcomes)

    def test_what_precedes_a_poisonous_event_is_taken_and_what_follows_waits(self):
        bay = self.first
        batch = bay.batch(
            bay.event(self.brake_job, "start", self.tess),
            bay.event(self.oil_job, "start", self.tess),
            bay.event(self.brake_job, "pause", self.tess, reason="parts"),
        )
        with self._poison(self.oil_job):
            answer = bay.deliver(batch.encode().decode())
        self.assertEqual(
            [o.result for o in answer.outcomes], ["accepted", "retry", "retry"]
        )
        self.assertEqual(bay.device.last_seq, 0)
        answer = bay.deliver(batch.encode().decode())
        self.assertEqual(
            [(o.result, o.code, o.duplicate) for o in answer.outcomes],
            [
                ("accepted", None, True),
                ("rejected", "person_busy", False),
                ("accepted", None, False),
            ],
        )
        self.assertEqual(bay.device.last_seq, 3)

    def test_an_event_that_fails_again_and_again_is_held_for_people(self):
        bay = self.first
        batch = bay.batch(bay.event(self.oil_job, "start", self.tess))
        with self._poison(self.oil_job):
            for _attempt in range(4):
                answer = bay.deliver(batch.encode().decode())
                self.assertEqual(answer.outcomes[0].result, "retry")
            answer = bay.deliver(batch.encode().decode())
        self.assertEqual(
            self._codes(answer.outcomes), [("accepted", "held", "unexpected")]
        )
        letter = self.env["workshop.dead.letter"].search([("code", "=", "unexpected")])
        self.assertEqual(letter.attempts, 5)
        self.assertEqual(self.oil_job.phase, "waiting")

    def test_managers_are_told_of_an_event_that_cannot_even_be_held(self):
        def write(cr, before, after):
            raise RuntimeError("this event is poison")

        bay = self.first
        payload = bay.batch(bay.event(self.oil_job, "start", self.tess)).encode()
        with patch.object(writer, "write", write), mute_logger(RECORD):
            for _attempt in range(4):
                bay.deliver(payload.decode())
            self.assertFalse(bay.device.activity_ids)
            for _attempt in range(2):
                answer = bay.deliver(payload.decode())
        self.assertEqual(answer.outcomes[0].result, "retry")
        activities = bay.device.activity_ids
        self.assertEqual(len(set(activities.mapped("summary"))), 1)
        self.assertIn("cannot even be kept", activities[0].summary)
        # Nobody is told twice.
        self.assertEqual(len(activities), len(activities.user_id))
        self._assert_applied(bay.deliver(payload.decode()).outcomes)

    def test_a_clock_that_another_transaction_has_just_started_is_tried_again(self):
        def write(cr, before, after):
            raise self._guard_violation()

        bay = self.first
        batch = bay.batch(bay.event(self.oil_job, "start", self.tess))
        with patch.object(writer, "write", write):
            answer = bay.deliver(batch.encode().decode())
        self.assertEqual(self._codes(answer.outcomes), [("retry", "none", "busy")])

    def test_a_serialization_failure_is_answered_with_retry(self):
        def lock(*args):
            raise errors.SerializationFailure("could not serialize access")

        bay = self.first
        batch = bay.batch(bay.event(self.oil_job, "start", self.tess))
        with patch(f"{RECORD}.reader.read_floor", lock), mute_logger(INTAKE):
            answer = bay.deliver(batch.encode().decode())
        self.assertEqual(self._codes(answer.outcomes), [("retry", "none", "busy")])
        self._assert_applied(bay.deliver(batch.encode().decode()).outcomes)

    def _guard_violation(self):
        """What PostgreSQL says when two jobs would run on one person."""
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                self.env.cr.execute(
                    "UPDATE workshop_job_floor SET running_user_id = %s"
                    " WHERE job_id = ANY(%s)",
                    [self.technician.id, self.order.job_ids.ids],
                )
        except errors.UniqueViolation as error:
            return error
        raise AssertionError("the guard is missing")
