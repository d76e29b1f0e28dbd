"""What bays say about themselves: ``hello`` at once, the rest collected."""

import logging
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from mqtt_bridge.ingest_queue import Bay
from mqtt_bridge.metrics import Metrics
from mqtt_bridge.odoo import Answer, Backoff, Board, BridgeOdoo, OdooError
from mqtt_bridge.worker import Worker
from workbay_contract import steps
from workbay_contract.errors import ContractError
from workbay_contract.state import Gone, Hello, read_state

_logger = logging.getLogger(__name__)

MAX_STATE_BYTES = 8 * 1024
MAX_CALL = 100
STATE_SECONDS = 0.5
MAX_AGE = 30.0


class _Said(NamedTuple):
    text: str
    broker: int
    at: float


class States:
    """Takes ``hello`` to Odoo and the signed welcome back; health and wills in sets.

    The newest of each bay is enough, so memory is bounded by the number of bays.
    """

    def __init__(
        self,
        odoo: BridgeOdoo,
        publish_answer: Callable[[Answer, int], None],
        offer_board: Callable[[Board], None],
        metrics: Metrics,
    ) -> None:
        self._odoo = odoo
        self._publish_answer = publish_answer
        self._offer_board = offer_board
        self._metrics = metrics
        self._changed = threading.Condition()
        self._hellos: dict[Bay, _Said] = {}
        self._others: dict[Bay, _Said] = {}
        self._heard_at: dict[Bay, int] = {}
        self._backoff = Backoff()
        self._worker = Worker("states", self._step)

    def start(self) -> None:
        self._worker.start()

    def stop(self, timeout: float) -> None:
        self._worker.signal()
        with self._changed:
            self._changed.notify_all()
        self._worker.stop(timeout)

    def receive(self, bay: Bay, payload: bytes, broker: int) -> None:
        """From a network thread."""
        try:
            if len(payload) > MAX_STATE_BYTES:
                raise ContractError("oversize", f"{len(payload)} bytes")
            message = read_state(payload)
        except ContractError as error:
            self._metrics.count("dropped", reason=f"state_{error.code}")
            _logger.warning("State of bay %s: %s", bay.bay, error)
            return
        said = _Said(payload.decode(), broker, time.monotonic())
        with self._changed:
            if isinstance(message, Gone):
                if self._heard_at.get(bay, broker) != broker:
                    return  # the will of a connection that the bay left for another
                self._hellos.pop(bay, None)
                self._others[bay] = said
            else:
                self._heard_at[bay] = broker
                if isinstance(message, Hello):
                    self._others.pop(bay, None)
                    self._hellos[bay] = said
                else:
                    self._others[bay] = said
            self._changed.notify()

    def hold(self, partitions: frozenset[int]) -> None:
        """Forget the bays of other partitions."""
        with self._changed:
            for kept in (self._hellos, self._others, self._heard_at):
                for bay in [bay for bay in kept if bay.partition not in partitions]:
                    del kept[bay]

    def _step(self, stop: threading.Event) -> None:
        with self._changed:
            if not self._hellos:
                self._changed.wait(STATE_SECONDS if self._others else 5.0)
            hellos = _take(self._hellos)
            due = time.monotonic() - STATE_SECONDS
            is_due = any(said.at <= due for said in self._others.values())
            others = _take(self._others) if hellos or is_due or stop.is_set() else {}
        try:
            if hellos:
                self._say_hello(hellos)
                hellos = {}
            if others:
                self._odoo.state([said.text for said in others.values()])
        except OdooError as error:
            self._keep(hellos, others)
            pause = self._backoff.failed(error)
            _logger.warning("Hello or state failed, again in %.1f s: %s", pause, error)
            stop.wait(pause)
        else:
            self._backoff.succeeded()

    def _say_hello(self, hellos: dict[Bay, _Said]) -> None:
        reply = self._odoo.hello([said.text for said in hellos.values()])
        steps.reached("bridge.hello.after_call")
        for answer in reply.answers:
            said = hellos.get(Bay(answer.partition, answer.bay))
            self._publish_answer(answer, said.broker if said else 0)
        for board in reply.boards:
            self._offer_board(board)

    def _keep(self, hellos: dict[Bay, _Said], others: dict[Bay, _Said]) -> None:
        """Try those again that are neither too old nor followed by a newer one."""
        oldest = time.monotonic() - MAX_AGE
        with self._changed:
            for bay, said in hellos.items():
                newer = bay in self._hellos or bay in self._others
                if said.at > oldest and not newer:
                    self._hellos[bay] = said
            for bay, said in others.items():
                newer = bay in self._others or bay in self._hellos
                if said.at > oldest and (not newer or bay in hellos):
                    self._others.setdefault(bay, said)


def _take(kept: dict[Bay, _Said]) -> dict[Bay, _Said]:
    taken = {bay: kept[bay] for bay in list(kept)[:MAX_CALL]}
    for bay in taken:
        del kept[bay]
    return taken
