import json
import uuid
from contextlib import contextmanager

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from tests.support import garbling
from workbay_contract import state
from workbay_contract.answers import read_answer
from workbay_contract.batch import seal_body
from workbay_contract.state import Beat, Health
from workbay_contract.types import sha256

from .common import WorkshopEdgeCommon, csr

REFUSALS = {"malformed", "oversize", "version", "seal", "gap", "device"}
# Shrinking costs a call for each step.
FUZZ = settings(garbling.FUZZ, phases=(Phase.generate,))


@tagged("post_install", "-at_install")
class TestIngestFuzz(WorkshopEdgeCommon):
    """Whatever a bridge passes on: an answer, a dead letter or nothing; no error."""

    def setUp(self):
        super().setUp()
        params = self.env["ir.config_parameter"]
        params.set_param("workbay.brokers", '[{"host": "localhost", "port": 8883}]')
        params.set_param("workbay.media_url", "https://localhost:8443")

    @contextmanager
    def _example(self):
        """What is done within leaves nothing behind, and no error in the log."""
        savepoint = self.env.cr.savepoint()
        try:
            with self.assertNoLogs("odoo", "ERROR"):
                yield
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()
            self.first.reset()
            self.second.reset()

    def _call(self, method, *texts):
        return getattr(self.env["workshop.device"].with_user(self.bridge), method)(
            list(texts)
        )

    def _batch(self):
        bay = self.first
        batch = bay.batch(
            bay.event(self.oil_job, "start", self.tess),
            bay.event(self.oil_job, "pause", self.tess, reason="parts"),
        )
        return json.loads(batch.encode())

    @given(data=st.data())
    @FUZZ
    def test_batches_that_were_spoilt_on_the_way(self, data):
        with self._example():
            genuine = self._batch()
            raw = data.draw(garbling.payloads(genuine))
            # As the bridge's JSON brings it, or worse: with lone surrogates.
            payload = raw.decode("utf-8", "surrogateescape")
            other = self.second.batch(
                self.second.event(self.brake_job, "start", self.tess)
            )
            reply = self._call("ingest", payload, other.encode().decode())
            by_device = {
                answer["device"]: read_answer(self.odoo_key, answer["message"])
                for answer in reply["answers"]
            }
            # Whatever it is, it costs no other bay its answer.
            self._assert_applied(by_device.pop(self.second.name).outcomes)
            letters = self.env["workshop.dead.letter"].search([])
            if _is_sealed(raw, genuine):
                self._assert_applied(by_device[self.first.name].outcomes)
                self.assertFalse(letters)
                return
            for answer in by_device.values():
                self.assertEqual(answer.kind, "refused")
            self.assertEqual(len(letters), 1)
            self.assertIn(letters.code, REFUSALS)
            self.assertEqual(self.oil_job.phase, "waiting")
            self.assertEqual(self.first.device.last_seq, 0)

    @given(data=st.data())
    @FUZZ
    def test_events_that_a_stolen_unit_seals(self, data):
        """Its seal holds, and what is in it may be anything."""
        with self._example():
            bay = self.first
            events = []
            for _ in range(data.draw(st.integers(1, 3))):
                base = json.loads(bay.event(self.oil_job, "start", self.tess))
                base |= {"uuid": str(uuid.uuid4()), "ticks": [], "checks": []}
                events.append(self._spoilt(data, base))
            payload = self._sealed(events)
            other = self.second.batch(
                self.second.event(self.brake_job, "start", self.tess)
            )
            reply = self._call("ingest", payload, other.encode().decode())
            answers = {
                answer["device"]: read_answer(self.odoo_key, answer["message"])
                for answer in reply["answers"]
            }
            # Whatever it is, it costs no other bay its answer; of two who let the same
            # person start, the later one is told so.
            [outcome] = answers[self.second.name].outcomes
            self.assertIn(outcome.code, (None, "person_busy"))
            self.assertTrue(outcome.is_final)
            if len(payload) > 1_000_000:  # which no bridge passes on
                self.assertNotIn(bay.name, answers)
                return
            answer = answers[bay.name]
            if answer.kind == "refused":
                self.assertIn(answer.code, ("malformed", "oversize", "version"))
                self.assertEqual(bay.device.last_seq, 0)
                return
            for outcome in answer.outcomes:
                self.assertIn(outcome.result, ("accepted", "rejected"), outcome)
            self.assertEqual(bay.device.last_seq, len(events))
            # They can be read again, by the ORM and by whoever verifies them.
            logged = self.env["workshop.event"].search(
                [("device_id.name", "=", bay.name)]
            )
            logged.read()
            self.assertIs(logged.batch_id._verify(), True)
            self.assertIs(self.order._verify_order(), True)
            # And over again they have the same outcomes.
            [again] = self._call("ingest", payload)["answers"]
            again = read_answer(self.odoo_key, again["message"])
            self.assertEqual(self._codes(again.outcomes), self._codes(answer.outcomes))

    def _spoilt(self, data, base):
        how = data.draw(st.sampled_from(["payload", "garbled", "garbled", "time"]))
        if how == "payload":
            return data.draw(garbling.payloads(base))
        if how == "time":
            base["time"]["wall"] = data.draw(
                st.datetimes(timezones=st.timezones()).map(lambda at: at.isoformat())
                | st.sampled_from(
                    [
                        "0001-01-01T00:00:00+14:00",
                        "9999-12-31T23:59:59.999999-12:00",
                        "1970-01-01T00:00:00Z",
                    ]
                )
            )
            base["time"]["mono"] = data.draw(st.integers(0, 2**53))
            base["time"]["synced"] = data.draw(st.booleans())
            return garbling.encode(base)
        return garbling.encode(data.draw(garbling.garbled(base)))

    def _sealed(self, events):
        """What the unit's own code would not seal, its key does."""
        bay = self.first
        texts = [event.decode("utf-8", "replace") for event in events]
        hashes = [sha256(text.encode()) for text in texts]
        body = seal_body(bay.name, 1, bay.seal, hashes)
        values = {
            "v": 1,
            "device": bay.name,
            "first": 1,
            "prev": bay.seal,
            "waiting": 0,
            "sig": bay.key.sign(body).hex(),
            "events": texts,
        }
        return json.dumps(values, ensure_ascii=False)

    @given(data=st.data())
    @FUZZ
    def test_what_bays_say_about_themselves(self, data):
        with self._example():
            genuine = self.second.hello()
            hello = json.loads(self.first.hello())
            beat = Beat(
                device=self.first.name,
                boot=self.first.boot,
                mono=1,
                health=Health(agent="1", waiting=0),
            )
            beat = json.loads(state.seal(self.first.key, beat))
            hello, beat = (
                data.draw(garbling.payloads(each)).decode("utf-8", "surrogateescape")
                for each in (hello, beat)
            )
            reply = self._call("hello", hello, genuine)
            self.assertIn(
                self.second.name, [answer["device"] for answer in reply["answers"]]
            )
            self._call("state", beat, hello)
            self.first.device.read()
            self.assertTrue(self.second.device.is_connected)

    @given(data=st.data())
    @FUZZ
    def test_requests_to_enrol_and_to_renew(self, data):
        text = st.text(max_size=200) | st.sampled_from(garbling.TEXTS)
        request = csr(Ed25519PrivateKey.generate(), self.first.name)
        spoilt = text | st.integers(0, len(request)).map(
            lambda place: request[:place] + request[place + 1 :]
        )
        with self._example():
            devices = self.env["workshop.device"].with_user(self.bridge)
            answer = devices.enrol(data.draw(text), data.draw(spoilt))
            self.assertEqual(answer["status"], "refused")
            answer = devices.renew(self.first.name, data.draw(spoilt), data.draw(text))
            self.assertNotEqual(answer["status"], "waiting")
            answer = devices.renew(data.draw(text), request, data.draw(text))
            self.assertEqual(answer["status"], "refused")
            self.assertFalse(self.first.device.is_renewing)


def _is_sealed(payload, genuine):
    """Whether only what stands outside the seal was changed."""
    try:
        changed = json.loads(payload)
        fields = {**changed, "waiting": 0}
        size = len(payload)
    except (ValueError, TypeError, RecursionError):
        return False
    waiting = changed.get("waiting", 0)
    if not isinstance(waiting, int) or waiting < 0 or size > 128 * 1024:
        return False
    return {"v": 1, **fields} == {**genuine, "waiting": 0}
