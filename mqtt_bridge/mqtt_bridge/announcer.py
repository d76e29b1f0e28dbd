"""Asks bays for what may have been lost before their messages came to us."""

import logging
import queue
import threading

from mqtt_bridge.brokers import Brokers
from mqtt_bridge.devices import Devices
from mqtt_bridge.leases import Leases
from mqtt_bridge.odoo import Backoff, OdooError
from mqtt_bridge.worker import Worker
from workbay_contract.state import Command
from workbay_contract.topics import Topic

_logger = logging.getLogger(__name__)

_COMMANDS = (Command(command="hello_please"), Command(command="resend"))


class Announcer:
    """Publishes ``hello_please`` and ``resend`` to the bays of a partition."""

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
        while not stop.is_set() and (wanted := partitions & self._leases.held):
            try:
                devices = self._devices.all()
            except OdooError as error:
                stop.wait(self._backoff.failed(error))
                continue
            self._backoff.succeeded()
            bays = {
                (device.partition, device.bay)
                for device in devices.values()
                if device.partition in wanted
            }
            for partition, bay in sorted(bays):
                topic = Topic(partition=partition, bay=bay, leaf="commands")
                for command in _COMMANDS:
                    self._brokers.command(number, topic, command)
            _logger.info("Asked %d bays to say hello and to send again", len(bays))
            return
