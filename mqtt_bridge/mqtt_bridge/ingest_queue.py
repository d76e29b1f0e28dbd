"""Batches on their way to Odoo: which go together in the next call.

A bay sends one batch at a time and repeats it until it is answered, so one place for
each bay is enough, and whatever is lost here comes again.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from workbay_contract.batch import MAX_EVENTS

GATHER_SHARE = 0.5
"""While another call is out, the next one gathers for this share of what calls take
lately: more of them at once would only wait for each other in Odoo."""
MOST_GATHER = 0.025
ENOUGH = 200
"""Events that are worth a call of their own at once."""
MAX_AGE = 30.0
"""Seconds after which a batch is forgotten here: the bay has sent it again by then."""


class Bay(NamedTuple):
    """A bay as its topics name it."""

    partition: int
    bay: UUID


@dataclass(slots=True)
class Waiting:
    """One batch as received, and what of it counts for the queue."""

    bay: Bay
    payload: bytes
    broker: int
    received: float
    events: int = field(init=False)
    backlog: bool = field(init=False)

    def __post_init__(self) -> None:
        self.events = count_events(self.payload)
        self.backlog = count_waiting(self.payload) > MAX_EVENTS


@dataclass(frozen=True)
class Limits:
    """Bounds of one call, and of everything that waits."""

    events: int = 1000
    bytes: int = 2 * 1024 * 1024
    backlog_events: int = 200
    queue_bytes: int = 24 * 1024 * 1024


class IngestQueue:
    """May be shared by threads."""

    def __init__(
        self, limits: Limits, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._changed = threading.Condition()
        self._live: OrderedDict[Bay, Waiting] = OrderedDict()
        self._backlog: OrderedDict[Bay, Waiting] = OrderedDict()
        self._flying: dict[Bay, Waiting] = {}
        self._suspects: set[Bay] = set()
        self._bytes = 0
        self._taken_at: dict[Bay, float] = {}
        self._call_seconds = 0.0

    def offer(self, bay: Bay, payload: bytes, broker: int) -> bool:
        """Queue a batch in place of an older one of its bay.

        :return: False where it is left to the bay to send it again later.
        """
        with self._changed:
            flying = self._flying.get(bay)
            if flying and flying.payload == payload:
                flying.broker = broker  # the answer that is coming will do for both
                return True
            queued = self._find(bay)
            if queued and queued.payload == payload:
                # Whoever asks again keeps his place: else a bay that is served last
                # would be put behind all others each time it loses patience.
                queued.broker, queued.received = broker, self._clock()
                return True
            self._remove(bay)
            if self._bytes + len(payload) > self._limits.queue_bytes:
                return False
            self._add(Waiting(bay, payload, broker, self._clock()))
            self._changed.notify()
            return True

    def take(self, timeout: float) -> list[Waiting]:
        """The next call: all that came in meanwhile, live bays first, within bounds.

        With nothing in flight it goes at once; else it gathers for a moment, so that
        calls grow with the load. Its bays stay closed until :meth:`settle` or
        :meth:`give_back`. Empty where nothing came in time.
        """
        with self._changed:
            deadline = self._clock() + timeout
            while True:
                call = self._pick()
                now = self._clock()
                pause = self._gather(call, now) if call else deadline - now
                if pause <= 0:
                    break
                self._changed.wait(pause)
            for waiting in call:
                self._remove(waiting.bay)
                self._flying[waiting.bay] = waiting
                self._taken_at[waiting.bay] = now
            return call

    def _gather(self, call: list[Waiting], now: float) -> float:
        """For how long it is better to wait for more than to go."""
        if not self._flying or sum(waiting.events for waiting in call) >= ENOUGH:
            return 0.0
        longest = min(self._call_seconds * GATHER_SHARE, MOST_GATHER)
        return min(waiting.received for waiting in call) + longest - now

    def settle(self, call: Collection[Waiting]) -> None:
        """The call was answered."""
        with self._changed:
            self._time(call)
            for waiting in call:
                self._flying.pop(waiting.bay, None)
                self._suspects.discard(waiting.bay)
                queued = self._find(waiting.bay)
                if queued and queued.payload == waiting.payload:
                    self._remove(waiting.bay)
            self._changed.notify_all()

    def give_back(self, call: Collection[Waiting], *, suspect: bool) -> None:
        """The call failed: its batches wait again, unless a bay sent another one.

        :param suspect: something within the call made it fail. Each of its bays goes
            alone until that succeeded, and the batch that fails alone is left to its
            bay to send again.
        """
        with self._changed:
            self._time(call)
            for waiting in call:
                self._flying.pop(waiting.bay, None)
                if suspect:
                    self._suspects.add(waiting.bay)
                    if len(call) == 1:
                        continue
                if not self._find(waiting.bay):
                    self._add(waiting)
            self._changed.notify_all()

    def _time(self, call: Iterable[Waiting]) -> None:
        """Keep what calls take lately."""
        taken = [at for each in call if (at := self._taken_at.pop(each.bay, None))]
        if taken:
            seconds = self._clock() - min(taken)
            self._call_seconds += (seconds - self._call_seconds) / 8

    def hold(self, partitions: Collection[int]) -> None:
        """Forget what belongs to other partitions."""
        with self._changed:
            for bay in [*self._live, *self._backlog]:
                if bay.partition not in partitions:
                    self._remove(bay)
            self._suspects = {
                bay for bay in self._suspects if bay.partition in partitions
            }

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    @property
    def batches(self) -> int:
        return len(self._live) + len(self._backlog)

    @property
    def bytes(self) -> int:
        return self._bytes

    @property
    def in_flight(self) -> int:
        return len(self._flying)

    def _pick(self) -> list[Waiting]:
        call: list[Waiting] = []
        events = size = backlog = 0
        for waiting in self._ready():
            if waiting.bay in self._suspects:
                if not call:
                    return [waiting]
                continue
            events += waiting.events
            size += len(waiting.payload)
            backlog += waiting.events if waiting.backlog else 0
            if call and (events > self._limits.events or size > self._limits.bytes):
                break
            if backlog > self._limits.backlog_events:
                break
            call.append(waiting)
        return call

    def _ready(self) -> Iterator[Waiting]:
        """Live ones, then backlog, oldest first; what is too old goes on the way."""
        oldest = self._clock() - MAX_AGE
        for queue in (self._live, self._backlog):
            for waiting in list(queue.values()):
                if waiting.received < oldest:
                    self._remove(waiting.bay)
                elif waiting.bay not in self._flying:
                    yield waiting

    def _find(self, bay: Bay) -> Waiting | None:
        return self._live.get(bay) or self._backlog.get(bay)

    def _add(self, waiting: Waiting) -> None:
        queue = self._backlog if waiting.backlog else self._live
        queue[waiting.bay] = waiting
        self._bytes += len(waiting.payload)

    def _remove(self, bay: Bay) -> None:
        waiting = self._live.pop(bay, None) or self._backlog.pop(bay, None)
        if waiting:
            self._bytes -= len(waiting.payload)


def count_events(payload: bytes) -> int:
    """How many events a batch holds, without reading them.

    Two strings side by side, ``","``, stand in a canonical batch between its events and
    three times beside them, and nowhere else, for a quote within an event is escaped.
    Only sizes of calls hang on it: Odoo judges the batch.
    """
    return min(max(payload.count(b'","') - 2, 1), MAX_EVENTS)


def count_waiting(payload: bytes) -> int:
    """How many events the bay had waiting: the last number of a canonical batch."""
    digits = payload[-64:].rpartition(b'"waiting":')[2].rstrip(b"} \n")
    return int(digits) if digits.isdigit() else 0
