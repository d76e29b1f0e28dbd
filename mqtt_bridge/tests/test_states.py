"""Hello, health and last wills: which of them Odoo is told, in which order."""

import threading
from typing import Any
from uuid import UUID

import pytest

from mqtt_bridge.hello import States
from mqtt_bridge.ingest_queue import Bay
from mqtt_bridge.metrics import Metrics
from mqtt_bridge.odoo import OdooUnavailableError, Reply
from workbay_contract import state
from workbay_contract.batch import GENESIS

BAY = Bay(7, UUID(int=1))
HEALTH = state.Health(agent="1", waiting=0)
STOPPED = threading.Event()
STOPPED.set()  # sends at once what otherwise would be collected


class Odoo:
    """Notes what it is told; fails as often as it is told to."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.failures = 0

    def hello(self, hellos: list[str]) -> Reply:
        self._fail()
        self.said += [state.read_state(text).kind for text in hellos]
        return Reply(answers=())

    def state(self, states: list[str]) -> None:
        self._fail()
        self.said += [state.read_state(text).kind for text in states]

    def _fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise OdooUnavailableError


@pytest.fixture
def odoo() -> Odoo:
    return Odoo()


@pytest.fixture
def states(odoo: Any) -> States:
    return States(odoo, lambda answer, broker: None, lambda board: None, Metrics())


def hello() -> bytes:
    return state.encode(
        state.Hello(
            device="dev-one-0001",
            nonce="a" * 64,
            board=0,
            last_seq=0,
            last_seal=GENESIS,
            boot=UUID(int=5),
            mono=1,
            health=HEALTH,
        )
    )


def beat() -> bytes:
    return state.encode(
        state.Beat(device="dev-one-0001", boot=UUID(int=5), mono=1, health=HEALTH)
    )


def gone() -> bytes:
    return state.encode(state.Gone(device="dev-one-0001"))


def test_hello_follows_the_will_of_the_connection_before(
    states: States, odoo: Odoo
) -> None:
    states.receive(BAY, gone(), 0)
    states.receive(BAY, hello(), 0)
    states._step(STOPPED)
    assert odoo.said == ["hello"]


def test_a_bay_that_left_after_hello_is_gone(states: States, odoo: Odoo) -> None:
    states.receive(BAY, hello(), 0)
    states.receive(BAY, gone(), 0)
    states._step(STOPPED)
    assert odoo.said == ["gone"]


def test_the_will_at_a_broker_that_the_bay_left_says_nothing(
    states: States, odoo: Odoo
) -> None:
    states.receive(BAY, hello(), 0)
    states.receive(BAY, hello(), 1)
    states.receive(BAY, gone(), 0)
    states._step(STOPPED)
    assert odoo.said == ["hello"]
    states.receive(BAY, gone(), 1)
    states._step(STOPPED)
    assert odoo.said == ["hello", "gone"]


def test_what_odoo_did_not_take_is_said_again(states: States, odoo: Odoo) -> None:
    odoo.failures = 1
    states.receive(BAY, hello(), 0)
    states.receive(BAY, beat(), 0)
    states._step(STOPPED)
    assert odoo.said == []
    states._step(STOPPED)
    assert odoo.said == ["hello", "health"]


def test_what_failed_gives_way_to_newer(states: States, odoo: Odoo) -> None:
    odoo.failures = 1
    states.receive(BAY, beat(), 0)
    states._step(STOPPED)
    states.receive(BAY, hello(), 0)
    states._step(STOPPED)
    assert odoo.said == ["hello"]


def test_bays_of_lost_partitions_are_forgotten(states: States, odoo: Odoo) -> None:
    states.receive(BAY, beat(), 0)
    states.hold(frozenset({8}))
    states.receive(Bay(8, UUID(int=2)), beat(), 0)
    states._step(STOPPED)
    assert odoo.said == ["health"]
