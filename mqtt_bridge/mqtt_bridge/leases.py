"""The partitions that this bridge serves: leases are rows in Odoo's database.

They save work and are never needed for safety: two bridges on one partition give the
same result. So a bridge that cannot reach Odoo for a moment serves on, and one that
Odoo told otherwise stops at once. One that no broker lets hear the bays gives them
back: it would only keep others from hearing them.
"""

import logging
import threading
import time
from collections.abc import Callable

from mqtt_bridge.odoo import Backoff, BridgeOdoo, OdooError
from mqtt_bridge.worker import Worker

_logger = logging.getLogger(__name__)

RENEWALS = 4
"""Renewals within one time to live."""

PATIENCE = 7
"""Times to live without any answer after which nothing is held any more."""

LOOK_AGAIN = 0.1
"""Seconds between looks whether any broker delivers to us."""

Changed = Callable[[frozenset[int]], None]


class Leases:
    """Renews in time and tells whoever serves the partitions.

    :param changed: is told the partitions held whenever they change.
    :param tick: is called at each renewal, for what has to be looked at now and then.
    :param hears: whether there is a broker at which bays can be heard.
    """

    def __init__(
        self,
        odoo: BridgeOdoo,
        name: str,
        ttl_ms: int,
        changed: Changed,
        tick: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
        hears: Callable[[], bool] = lambda: True,
    ) -> None:
        self._odoo = odoo
        self._name = name
        self._ttl_ms = ttl_ms
        self._changed = changed
        self._tick = tick
        self._clock = clock
        self._hears = hears
        self._heard_at = float("-inf")
        self._held: frozenset[int] = frozenset()
        self._renewed_at = float("-inf")
        self._backoff = Backoff()
        self._worker = Worker("leases", self.step)

    def start(self) -> None:
        self._worker.start()

    def stop(self, timeout: float) -> None:
        """Renew no more, and hear the bays no more."""
        self._worker.stop(timeout)
        self._set(frozenset())

    def release(self) -> None:
        """Let another bridge take over at once."""
        try:
            self._odoo.release(self._name)
        except OdooError as error:
            _logger.warning("Leases not given back, they run out: %s", error)

    @property
    def held(self) -> frozenset[int]:
        return self._held if self.is_fresh else frozenset()

    @property
    def is_fresh(self) -> bool:
        """Whether Odoo has answered lately."""
        return self._clock() - self._renewed_at < PATIENCE * self._ttl_ms / 1000

    def step(self, stop: threading.Event) -> None:
        ttl = self._ttl_ms / 1000
        asked_at = self._clock()
        if self._hears():
            self._heard_at = asked_at
        elif asked_at - self._heard_at > ttl:  # a broker's restart is shorter
            self._give_up()
            self._tick()
            stop.wait(LOOK_AGAIN)
            return
        try:
            lease = self._odoo.acquire(self._name, self._ttl_ms, timeout=ttl)
        except OdooError as error:
            if not self.is_fresh:
                self._set(frozenset())
            pause = min(self._backoff.failed(error), ttl)
            _logger.warning("Leases not renewed, again in %.1f s: %s", pause, error)
        else:
            if stop.is_set():  # what was just granted is given back in a moment
                return
            self._backoff.succeeded()
            self._renewed_at = asked_at
            self._set(lease.partitions, lease.taken)
            pause = min(ttl, lease.ttl_ms / 1000) / RENEWALS
        self._tick()
        stop.wait(pause)

    def _give_up(self) -> None:
        if self._held:
            _logger.warning("No broker lets us hear the bays: leases are given back")
            self._set(frozenset())
            self.release()

    def _set(
        self, partitions: frozenset[int], taken: frozenset[int] = frozenset()
    ) -> None:
        if taken & self._held:
            # They were somebody else's in between: subscribe anew, so that whatever
            # that one dropped is asked for again.
            self._held = self._held - taken
            self._changed(self._held)
        if partitions != self._held:
            _logger.info("Partitions held: %d of 64", len(partitions))
            self._held = partitions
            self._changed(partitions)
