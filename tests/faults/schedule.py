"""Which fault comes when: drawn by the seed alone, before anything runs."""

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tests.faults.bays import Bay
    from tests.faults.run import Run

Lane = Literal["bay", "liar", "site", "broker", "office", "bridges", "gateways"]

EACH_AT_LEAST = 4
"""Of which three have to show their effect."""


@dataclass(frozen=True)
class Effect:
    """What was observed, and how many events were waiting meanwhile."""

    seen: str
    waiting: int


Fault = Callable[["Run", "Bay", random.Random], Effect | None]


@dataclass(frozen=True)
class Kind:
    """A kind of fault.

    :ivar lane: whom it befalls: any bay, one with a lying disk, one in a network of its
        own; the broker; Odoo and PostgreSQL; the bridges; what they say to Odoo.
    :ivar seconds: about how long it takes, to spread the work over the lanes.
    """

    name: str
    lane: Lane
    seconds: float
    fault: Fault


KINDS: dict[str, Kind] = {}


def kind(name: str, lane: Lane, seconds: float) -> Callable[[Fault], Fault]:
    """Register a function as a kind of fault."""

    def register(fault: Fault) -> Fault:
        KINDS[name] = Kind(name, lane, seconds, fault)
        return fault

    return register


@dataclass(frozen=True)
class Planned:
    """One fault to come; ``seed`` draws whatever it leaves open."""

    kind: str
    seed: int


@dataclass(frozen=True)
class Lanes:
    """The bays by what can be done to them; every other lane has one name."""

    bays: Sequence[str]
    liars: Sequence[str]
    sited: Sequence[str]

    def of(self, lane: Lane) -> Sequence[str]:
        match lane:
            case "bay":
                return [*self.bays, *self.liars, *self.sited]
            case "liar":
                return self.liars
            case "site":
                return self.sited
            case _:
                return [lane]


def plan(
    seed: int, count: int, lanes: Lanes, kinds: Sequence[str]
) -> dict[str, list[Planned]]:
    """At least ``count`` faults, by lane in the order in which they come."""
    chance = random.Random(f"faults {seed}")
    each = max(1, min(EACH_AT_LEAST, count // len(kinds)))
    names = [name for name in kinds for _number in range(each)]
    cheap = sorted(kinds, key=lambda name: (KINDS[name].seconds, name))
    cheap = [name for name in cheap if KINDS[name].lane == "bay"] or cheap
    while len(names) < count:
        names.append(chance.choice(cheap))
    # What only few lanes can do comes first, so that the others even it out.
    names.sort(key=lambda name: (len(lanes.of(KINDS[name].lane)), name))
    planned: dict[str, list[Planned]] = {}
    costs: dict[str, float] = {}
    for name in names:
        options = lanes.of(KINDS[name].lane)
        lane = min(options, key=lambda each: (costs.get(each, 0.0), chance.random()))
        costs[lane] = costs.get(lane, 0.0) + KINDS[name].seconds
        planned.setdefault(lane, []).append(Planned(name, chance.getrandbits(32)))
    for lane in sorted(planned):
        chance.shuffle(planned[lane])
    return planned


def digest(planned: dict[str, list[Planned]]) -> str:
    """A short name for a schedule: the same seed has the same."""
    return hashlib.sha256(repr(sorted(planned.items())).encode()).hexdigest()[:12]
