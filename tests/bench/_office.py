"""Somebody in the office who changes orders, and bays that look when they show it."""

import random
import threading
import time
from collections.abc import Sequence
from typing import Self

import httpx

from edge_agent import identity
from edge_agent.outbox import FILE, Outbox
from edge_agent.publisher import Publisher
from tests.bench import _world
from tests.bench._world import SimulatedBay
from workbay_deploy.readiness import wait_until
from workbay_deploy.stack import Stack

ONLINE_SECONDS = 60
PATIENCE = 20.0
"""Seconds; a change that no bay shows by then counts as that long."""
PAUSE = 1.0
"""Seconds between two changes, on average."""


class Office:
    """Changes a complaint over ``/json/2`` and waits until the bay's board has it.

    :ivar times_ms: of each change, from before the call until the board was stored.
    """

    def __init__(self, stack: Stack, bays: Sequence[SimulatedBay], seed: int) -> None:
        self._chance = random.Random(f"{seed} office")
        self._watchers = [_Watcher(bay) for bay in bays]
        key_file = stack.chain.paths.tmp / "office.key"
        _world.shell(stack, "_odoo_baseline", "key", {"target": str(key_file)})
        self._client = httpx.Client(
            base_url=stack.chain.odoo_internal_url,
            headers={
                "Authorization": f"bearer {key_file.read_text()}",
                "X-Odoo-Database": stack.chain.database,
            },
            timeout=60,
        )
        self.times_ms: list[float] = []
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        for watcher in self._watchers:
            watcher.start()
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ending.set()
        self._thread.join(2 * PATIENCE)
        for watcher in self._watchers:
            watcher.stop()
        self._client.close()

    def _run(self) -> None:
        number = 0
        # At moments that no rhythm of boards is tied to.
        while not self._ending.wait(self._chance.uniform(0, 2 * PAUSE)):
            number += 1
            watcher = self._chance.choice(self._watchers)
            begin = time.perf_counter()
            order, text = watcher.order, f"Change {number}"
            body = {"ids": [order], "vals": {"complaint": text}}
            answer = self._client.post("/json/2/workshop.order/write", json=body)
            answer.raise_for_status()
            watcher.wait(text)
            self.times_ms.append((time.perf_counter() - begin) * 1000)


class _Watcher:
    """A bay at which nobody works: what it shows is what its board says."""

    def __init__(self, bay: SimulatedBay) -> None:
        who = identity.load(bay.folder)
        self._outbox = Outbox(bay.folder / FILE, who)
        self._publisher = Publisher(who, self._outbox)
        self._orders = [order["id"] for order in bay.orders]

    @property
    def order(self) -> int:
        """One of the store's that is on the board."""
        board = self._outbox.board
        shown = {order.id for order in board.orders} if board else set()
        return next(order for order in self._orders if order in shown)

    def start(self) -> None:
        self._publisher.start()
        if not wait_until(lambda: self._outbox.board is not None, ONLINE_SECONDS):
            raise TimeoutError("no board came to a bay that watches")

    def stop(self) -> None:
        self._publisher.stop()
        self._outbox.close()

    def wait(self, complaint: str) -> None:
        changes = self._outbox.changes
        until = time.monotonic() + PATIENCE
        version = 0
        while (left := until - time.monotonic()) > 0:
            version = changes.wait(version, left)
            board = self._outbox.board
            if board and any(order.complaint == complaint for order in board.orders):
                return
