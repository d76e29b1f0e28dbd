"""Whatever comes in at a bridge: it is passed on, or dropped and counted, and no more.

A bridge judges form where it must read, and nothing else: what a batch means is Odoo's.
"""

import json
import threading
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from mqtt_bridge.enrolling import Enrolling
from mqtt_bridge.hello import MAX_STATE_BYTES, States
from mqtt_bridge.ingest import Ingest, list_uuids, summarise
from mqtt_bridge.ingest_queue import Bay, IngestQueue, Limits
from mqtt_bridge.metrics import Metrics
from mqtt_bridge.odoo import KnownDevice, Reply
from tests.support import garbling
from tests.support.garbling import FUZZ
from workbay_contract import enrolment, keys, media, state
from workbay_contract.answers import Outcome, Outcomes, sign_answer
from workbay_contract.batch import GENESIS, MAX_BATCH_BYTES, seal_batch
from workbay_contract.enrolment import EnrolAnswer
from workbay_contract.errors import ContractError, MalformedError
from workbay_contract.topics import Topic

BAY = Bay(7, UUID(int=1))
KEY = Ed25519PrivateKey.generate()
DEVICE = "dev-one-0001"
BATCH = json.loads(
    seal_batch(KEY, DEVICE, 1, GENESIS, [b'{"uuid":"x"}', b"{}"]).encode()
)
HEALTH = state.Health(agent="1", waiting=0)
HELLO = state.Hello(
    device=DEVICE,
    nonce="a" * 64,
    board=0,
    last_seq=0,
    last_seal=GENESIS,
    boot=UUID(int=5),
    mono=1,
    health=HEALTH,
).model_dump(mode="json")
STOPPED = threading.Event()
STOPPED.set()  # sends at once what otherwise would be collected


class Odoo:
    """Notes what it is given."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def ingest(self, batches: list[str]) -> Reply:
        self.texts += batches
        return Reply(answers=())

    def hello(self, hellos: list[str]) -> Reply:
        return self.ingest(hellos)

    def state(self, states: list[str]) -> None:
        self.ingest(states)

    def enrol(self, secret: str, csr: str) -> EnrolAnswer:
        self.texts += [secret, csr]
        return EnrolAnswer(status="waiting", server_time=1)

    def renew(self, device: str, csr: str, held: str) -> EnrolAnswer:
        return self.enrol(csr, held)


@pytest.fixture(scope="module")
def odoo() -> Odoo:
    return Odoo()


@given(payload=garbling.payloads(BATCH) | st.just(garbling.encode(BATCH)))
@FUZZ
def test_batches_reach_odoo_as_they_came_or_are_dropped(
    odoo: Any, payload: bytes
) -> None:
    queue, metrics = IngestQueue(Limits()), Metrics()
    ingest = Ingest(odoo, queue, lambda *_: None, lambda _: None, metrics, 1)
    odoo.texts.clear()
    ingest.receive(BAY, payload, 0)
    if taken := queue.take(0):
        ingest.call(taken)
    queue.take(0)
    assert (queue.batches, queue.bytes, queue.in_flight) == (0, 0, 0)
    assert [text.encode() for text in odoo.texts] == (
        [payload] if _is_text(payload) and len(payload) <= MAX_BATCH_BYTES else []
    )
    list_uuids(payload)


@given(payload=garbling.payloads(HELLO) | st.just(garbling.encode(HELLO)))
@FUZZ
def test_states_reach_odoo_when_they_are_some(odoo: Any, payload: bytes) -> None:
    states = States(odoo, lambda *_: None, lambda _: None, Metrics())
    odoo.texts.clear()
    states.receive(BAY, payload, 0)
    if states._hellos or states._others:  # else it would wait for some
        states._step(STOPPED)
    try:
        state.read_state(payload)
        is_state = len(payload) <= MAX_STATE_BYTES
    except ContractError:
        is_state = False
    assert [text.encode() for text in odoo.texts] == ([payload] if is_state else [])


@given(
    st.text(max_size=200)
    | st.lists(
        st.sampled_from(
            ["workbay", "v1", "7", "07", "64", "-1", "²", "٣", "+", "#", "events", ""]
            + [str(UUID(int=1)), str(UUID(int=1)).upper(), "{" + str(UUID(int=1)) + "}"]
        ),
        max_size=7,
    ).map("/".join)
)
@FUZZ
def test_topics(text: str) -> None:
    try:
        topic = Topic.parse(text)
    except MalformedError:
        return
    assert str(topic) == text


ANSWER = sign_answer(
    KEY,
    Outcomes(
        device=DEVICE,
        server_time=1,
        seal=GENESIS,
        outcomes=(Outcome(seq=1, result="accepted"),),
    ),
)


@given(payload=garbling.payloads(json.loads(ANSWER)))
@FUZZ
def test_figures_are_made_of_any_answer(payload: bytes) -> None:
    summary = summarise(payload.decode("utf-8", "surrogateescape"))
    assert set(summary.results) <= {"accepted", "rejected", "retry"}


@given(
    payload=garbling.payloads({"secret": "s" * 43, "csr": "a request"}),
    signature=st.text(max_size=140) | st.just("0" * 128),
    at=st.sampled_from(["", "1", "²", "٣", "-1", "9" * 16, "9" * 17, "1e3"]),
)
@FUZZ
def test_requests_to_enrol_and_renew(
    odoo: Any, payload: bytes, signature: str, at: str
) -> None:
    known = KnownDevice(
        device=DEVICE, bay=UUID(int=1), partition=7, public_key=keys.public_hex(KEY)
    )
    enrolling = Enrolling(odoo, lambda: {DEVICE: known}, bytes, Metrics())
    odoo.texts.clear()
    answer = enrolling._enrol(payload, {})
    assert (answer.code == "enrol_request") == (not odoo.texts)
    odoo.texts.clear()
    headers = {
        media.HEADER_DEVICE: DEVICE,
        media.HEADER_TIME: at,
        media.HEADER_SIGNATURE: signature,
    }
    assert enrolling._renew(payload, headers).code in ("enrol_request", "seal")
    body = garbling.encode({"csr": "a request", "held": "a" * 64})
    assert enrolling._renew(body, headers).code in ("enrol_request", "seal")
    assert odoo.texts == []
    signed = enrolment.sign_renewal(KEY, DEVICE, body, enrolling._at())
    assert enrolling._renew(body, signed).status == "waiting"


def _is_text(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True
