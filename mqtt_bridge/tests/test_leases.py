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


@pytest.fixture
def leases(odoo: Any, clock: Clock, seen: list[set[int]]) -> Leases:
    return Leases(
        odoo,
        "bridge-main-01",
        TTL_MS,
        lambda partitions: seen.append(set(partitions)),
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


def test_who_hears_no_broker_gives_back_after_one_time_to_live(
    odoo: Odoo, clock: Clock, seen: list[set[int]]
) -> None:
    hears = [False]
    leases = Leases(
        odoo,  # type: ignore[arg-type]
        "bridge-test-01",
        TTL_MS,
        lambda partitions: seen.append(set(partitions)),
        lambda: None,
        clock,
        hears=lambda: hears[0],
    )
    odoo.grant(1, 2)
    leases.step(STOPPED)
    assert seen == [], "nothing is taken before a broker is heard"
    hears[0] = True
    leases.step(STOP)
    assert leases.held == {1, 2}
    hears[0] = False
    clock.now += TTL_MS / 2000
    leases.step(STOP)
    assert leases.held == {1, 2}, "a broker that comes back soon costs nothing"
    clock.now += TTL_MS / 1000
    leases.step(STOP)
    assert (leases.held, odoo.released) == (frozenset(), ["bridge-test-01"])
    hears[0] = True
    leases.step(STOP)
    assert leases.held == {1, 2}
