"""Who serves a partition, and until when."""

import threading
from typing import Any

import pytest

from mqtt_bridge.leases import PATIENCE, Leases
from mqtt_bridge.odoo import Lease, OdooUnavailableError

TTL_MS = 2000
STOP = threading.Event()
STOPPED = threading.Event()
STOPPED.set()


class Odoo:
    """Grants what a test puts here; None: does not answer."""

    def __init__(self) -> None:
        self.lease: Lease | None = None
        self.released: list[str] = []

    def acquire(self, bridge: str, ttl_ms: int, timeout: float) -> Lease:
        if self.lease is None:
            raise OdooUnavailableError
        return self.lease

    def release(self, bridge: str) -> None:
        self.released.append(bridge)

    def grant(self, *partitions: int, taken: tuple[int, ...] = ()) -> None:
        self.lease = Lease(
            partitions=frozenset(partitions), taken=frozenset(taken), ttl_ms=1
        )


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def odoo() -> Odoo:
    return Odoo()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def seen() -> list[set[int]]:
    return []


class Brokers:
    """Whether any of them delivers."""

    is_able = True


@pytest.fixture
def brokers() -> Brokers:
    return Brokers()


@pytest.fixture
def leases(odoo: Any, clock: Clock, seen: list[set[int]], brokers: Brokers) -> Leases:
    return Leases(
        odoo,
        "bridge-main-01",
        TTL_MS,
        lambda partitions: seen.append(set(partitions)),
        lambda: brokers.is_able,
        lambda: None,
        clock,
    )


def test_changes_are_told_once(
    leases: Leases, odoo: Odoo, seen: list[set[int]]
) -> None:
    odoo.grant(1, 2, taken=(1, 2))
    leases.step(STOP)
    odoo.grant(1, 2)
    leases.step(STOP)
    odoo.grant(2)
    leases.step(STOP)
    assert seen == [{1, 2}, {2}]
    assert leases.held == {2}


def test_a_bridge_that_hears_nobody_leaves_the_bays_to_another(
    leases: Leases, odoo: Odoo, clock: Clock, brokers: Brokers
) -> None:
    odoo.grant(1)
    brokers.is_able = False
    leases.step(STOP)
    assert leases.held == frozenset()
    brokers.is_able = True
    leases.step(STOP)
    assert leases.held == {1}
    brokers.is_able = False
    clock.now += PATIENCE * TTL_MS / 1000
    leases.step(STOP)
    brokers.is_able = True
    assert leases.held == frozenset()  # not renewed: Odoo has given them away


def test_a_short_silence_of_odoo_changes_nothing(
    leases: Leases, odoo: Odoo, clock: Clock
) -> None:
    odoo.grant(1)
    leases.step(STOP)
    odoo.lease = None
    clock.now += TTL_MS / 1000 + 1
    assert leases.held == {1}


def test_a_long_silence_ends_all_even_while_a_call_hangs(
    leases: Leases, odoo: Odoo, clock: Clock
) -> None:
    odoo.grant(1)
    leases.step(STOP)
    clock.now += PATIENCE * TTL_MS / 1000
    assert leases.held == frozenset()
    assert not leases.is_fresh


def test_what_was_somebody_elses_in_between_is_taken_anew(
    leases: Leases, odoo: Odoo, seen: list[set[int]]
) -> None:
    odoo.grant(1, 2)
    leases.step(STOP)
    odoo.grant(1, 2, taken=(2,))
    leases.step(STOP)
    assert seen == [{1, 2}, {1}, {1, 2}]


def test_what_is_granted_during_a_stop_is_not_served(
    leases: Leases, odoo: Odoo, seen: list[set[int]]
) -> None:
    odoo.grant(1)
    leases.step(STOPPED)
    assert seen == []
    leases.release()
    assert odoo.released == ["bridge-main-01"]
