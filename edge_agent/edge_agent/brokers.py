"""Which broker to try when: an ordered list, the first one preferred."""

import random
from collections.abc import Callable, Sequence

from edge_agent.identity import Broker
from edge_agent.settings import Timers

LONGEST_PREFER = 600.0
"""Between tries of a preferred broker that keeps failing us, in seconds."""
NOT_AUTHORIZED_WAIT = 60.0
"""A broker that does not admit us is asked at most once in so many seconds."""


class Brokers:
    """Pure book-keeping; time is given, nothing waits here.

    :ivar prefer_at: when to look whether the preferred broker serves again; None
        while we are connected to it, or to none.
    """

    def __init__(
        self,
        brokers: Sequence[Broker],
        timers: Timers,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._brokers = tuple(brokers)
        self._timers = timers
        self._uniform = uniform
        self._blocked: dict[Broker, float] = {}
        self._next = 0
        self._tried = 0
        self._wait = timers.reconnect
        self._prefer_wait = timers.prefer
        self._retry_at = 0.0
        self.prefer_at: float | None = None

    @property
    def several(self) -> bool:
        return len(self._brokers) > 1

    @property
    def preferred(self) -> Broker:
        return self._brokers[0]

    def none_admits(self, now: float) -> bool:
        return all(self._blocked.get(broker, 0) > now for broker in self._brokers)

    def next_at(self, now: float) -> float:
        """When ``choose`` may be called."""
        if self.none_admits(now):
            return max(self._retry_at, min(self._blocked.values()))
        return self._retry_at

    def choose(self, now: float) -> Broker:
        """The broker to try now: in the list's order, past those that refuse us."""
        while self._blocked.get(self._brokers[self._next], 0) > now:
            self._advance()
        broker = self._brokers[self._next]
        self._advance()
        return broker

    def connected(self, broker: Broker, now: float) -> None:
        self._blocked.pop(broker, None)
        self._tried, self._wait = 0, self._timers.reconnect
        self.prefer_at = None
        if broker != self.preferred:
            self.prefer_at = now + self._prefer_wait

    def lost(self, broker: Broker, was_up: bool, now: float) -> None:
        """Go on with the one after it; wait once all have failed in turn."""
        self._next = (self._brokers.index(broker) + 1) % len(self._brokers)
        self.prefer_at = None
        if was_up:
            self._tried = 0
            # Many bays lose a broker at once; alone they come back at once.
            self._retry_at = now + self._uniform(0, self._timers.reconnect / 2)
        elif self._tried < len(self._brokers):
            self._retry_at = now
        else:
            self._tried = 0
            self._retry_at = now + self._wait * self._uniform(1, 1.25)
            self._wait = min(self._wait * 2, self._timers.reconnect_max)

    def not_authorized(self, broker: Broker, now: float) -> None:
        self._blocked[broker] = now + NOT_AUTHORIZED_WAIT

    def prefer_failed(self, now: float) -> None:
        """The preferred one does not serve: look ever less often."""
        self.prefer_at = now + self._prefer_wait
        self.prefer_unheard()

    def prefer_unheard(self) -> None:
        """It can be reached, but no bridge listens there."""
        self._prefer_wait = min(self._prefer_wait * 2, LONGEST_PREFER)

    def prefer_serves(self) -> None:
        self._prefer_wait = self._timers.prefer

    def _advance(self) -> None:
        self._next = (self._next + 1) % len(self._brokers)
        self._tried += 1
