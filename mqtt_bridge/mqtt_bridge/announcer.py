"""Asks bays for what may have been lost before their messages came to us."""

import logging
import queue
import threading
from collections.abc import Mapping
from uuid import UUID

from mqtt_bridge.brokers import Brokers
from mqtt_bridge.devices import Devices
from mqtt_bridge.leases import Leases
from mqtt_bridge.odoo import Backoff, KnownDevice, OdooError
from mqtt_bridge.worker import Worker
from workbay_contract.state import Command
from workbay_contract.topics import Topic

_logger = logging.getLogger(__name__)

HELLO_PAUSE = 1.0
"""Seconds from ``resend`` to ``hello_please``: what people wait for comes first, and
all bays' words about themselves at once would stand in its way."""
_RESEND, _HELLO = Command(command="resend"), Command(command="hello_please")

_Place = tuple[int, UUID]
"""A partition and a bay in it."""


class Announcer:
    """Publishes ``resend`` and ``hello_please`` to the bays of a partition."""

    def __init__(self, devices: Devices, brokers: Brokers, leases: Leases) -> None:
        self._devices = devices
        self._brokers = brokers
        self._leases = leases
        self._asked: queue.SimpleQueue[tuple[int, frozenset[int]]] = queue.SimpleQueue()
        self._backoff = Backoff()
        self._worker = Worker("announcer", self._step)

    def start(self) -> None:
        self._worker.start()

    def stop(self, timeout: float) -> None:
        self._worker.signal()
        self._asked.put((0, frozenset()))
        self._worker.stop(timeout)

    def subscribed(self, number: int, partitions: frozenset[int]) -> None:
        """From a network thread: these partitions are heard at that broker now."""
        self._asked.put((number, partitions))

    def _step(self, stop: threading.Event) -> None:
        number, partitions = self._asked.get()
        # Whom we know is asked before Odoo has told who has joined since.
        asked = self._resend(number, partitions, self._devices.last_known, set())
        while not stop.is_set() and partitions & self._leases.held:
            try:
                devices = self._devices.all()
            except OdooError as error:
                stop.wait(self._backoff.failed(error))
                continue
            self._backoff.succeeded()
            asked |= self._resend(number, partitions, devices, asked)
            stop.wait(HELLO_PAUSE)
            self._command(number, asked, _HELLO)
            _logger.info("Asked %d bays to send again and to say hello", len(asked))
            return

    def _resend(
        self,
        number: int,
        partitions: frozenset[int],
        devices: Mapping[str, KnownDevice],
        asked: set[_Place],
    ) -> set[_Place]:
        """Ask those of ``devices`` who were not asked yet; who they are."""
        wanted = partitions & self._leases.held
        new = {
            (device.partition, device.bay)
            for device in devices.values()
            if device.partition in wanted
        } - asked
        self._command(number, new, _RESEND)
        return new

    def _command(self, number: int, places: set[_Place], command: Command) -> None:
        for partition, bay in sorted(places):
            topic = Topic(partition=partition, bay=bay, leaf="commands")
            self._brokers.command(number, topic, command)
