"""Brings each bay its newest board."""

import logging
import threading
import time
from collections.abc import Callable

from mqtt_bridge.brokers import Brokers
from mqtt_bridge.leases import Leases
from mqtt_bridge.odoo import Backoff, Board, BridgeOdoo, OdooError
from mqtt_bridge.worker import Worker

_logger = logging.getLogger(__name__)

POLL_SECONDS = 0.5
FIRST_SLICE = 8
"""Partitions asked for at once when none of their boards is known here yet: all boards
of a big chain in one answer would be more than this process may hold."""
BAY_SECONDS = 1.0
"""At most one board for a bay in this time; the newest waits its turn."""


class Boards:
    """Polls Odoo, takes what other answers bring along, publishes in good measure."""

    def __init__(
        self,
        odoo: BridgeOdoo,
        brokers: Brokers,
        leases: Leases,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._odoo = odoo
        self._brokers = brokers
        self._leases = leases
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: dict[str, Board] = {}
        self._published: dict[str, tuple[int, int]] = {}
        self._last_at: dict[str, float] = {}
        self._polled: frozenset[int] = frozenset()
        self._backoff = Backoff()
        self._poller = Worker("board-poll", self._poll)
        self._publisher = Worker("board-publish", self._publish)

    def start(self) -> None:
        self._poller.start()
        self._publisher.start()

    def stop(self, timeout: float) -> None:
        self._poller.signal()
        self._publisher.signal()
        with self._changed:
            self._changed.notify_all()
        self._poller.stop(timeout)
        self._publisher.stop(timeout)

    def offer(self, board: Board) -> None:
        """Have a board published; an older one that still waits is dropped for it.

        A version that was published before is published again: its bay asked for it.
        """
        with self._changed:
            waiting = self._waiting.get(board.device)
            if waiting is None or waiting.version <= board.version:
                self._waiting[board.device] = board
                self._changed.notify_all()

    def hold(self, partitions: frozenset[int]) -> None:
        """Forget what was published to bays of other partitions."""
        with self._changed:
            self._polled &= partitions
            self._published = {
                device: known
                for device, known in self._published.items()
                if known[0] in partitions
            }
            self._waiting = {
                device: board
                for device, board in self._waiting.items()
                if board.partition in partitions
            }
            self._last_at = {
                device: at
                for device, at in self._last_at.items()
                if device in self._published
            }

    def _poll(self, stop: threading.Event) -> None:
        partitions = self._leases.held
        if not partitions or not self._brokers.ready:
            stop.wait(POLL_SECONDS)
            return
        with self._changed:
            new = sorted(partitions - self._polled)
            asked = frozenset(new[:FIRST_SLICE]) or partitions
            published = self._known(asked)
        try:
            boards = self._odoo.poll_boards(asked, published.items())
        except OdooError as error:
            pause = max(self._backoff.failed(error), POLL_SECONDS)
            _logger.warning("Boards not polled, again in %.1f s: %s", pause, error)
            stop.wait(pause)
            return
        self._backoff.succeeded()
        for board in boards:
            self.offer(board)
        with self._changed:
            self._polled |= asked & self._leases.held
        if len(new) <= FIRST_SLICE:
            stop.wait(POLL_SECONDS)

    def _known(self, partitions: frozenset[int]) -> dict[str, int]:
        """The newest version by device, published or about to be."""
        known = {
            device: version
            for device, (partition, version) in self._published.items()
            if partition in partitions
        }
        return known | {
            device: board.version
            for device, board in self._waiting.items()
            if board.partition in partitions
        }

    def _publish(self, stop: threading.Event) -> None:
        with self._changed:
            now = self._clock()
            due = {
                device: self._last_at.get(device, -BAY_SECONDS) + BAY_SECONDS
                for device in self._waiting
            }
            ready = [device for device, at in due.items() if at <= now]
            if not ready:
                pause = min(due.values()) - now if due else 5.0
                self._changed.wait(max(pause, 0.01))
                return
            boards = [self._waiting.pop(device) for device in ready]
        held = self._leases.held
        for board in boards:
            if board.partition not in held:
                continue
            if self._brokers.publish_board(board):
                with self._changed:
                    self._last_at[board.device] = self._clock()
                    self._published[board.device] = (board.partition, board.version)
