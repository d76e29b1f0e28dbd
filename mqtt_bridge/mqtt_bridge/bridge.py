"""Puts the parts together, starts them and stops them in order."""

import logging
import threading
import time
from typing import Any

from mqtt_bridge import odoo
from mqtt_bridge.announcer import Announcer
from mqtt_bridge.boards import Boards
from mqtt_bridge.broker import Broker
from mqtt_bridge.brokers import Brokers
from mqtt_bridge.configuration import tls_context
from mqtt_bridge.devices import Devices
from mqtt_bridge.hello import States
from mqtt_bridge.ingest import Ingest
from mqtt_bridge.ingest_queue import Bay, IngestQueue, Limits
from mqtt_bridge.leases import Leases
from mqtt_bridge.metrics import Metrics, resident_bytes
from mqtt_bridge.rotation import Rotation
from mqtt_bridge.settings import Settings
from mqtt_bridge.web import WebServer, build_app
from workbay_contract.errors import MalformedError
from workbay_contract.topics import Topic

_logger = logging.getLogger(__name__)

STOP_SECONDS = 5.0
"""For calls that are out when the bridge is told to stop."""


class Bridge:
    """One process of the bridge."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.metrics = Metrics()
        self._client = odoo.Client(
            settings.odoo_url,
            settings.odoo_db,
            settings.odoo_key_file,
            lambda method, result: self.metrics.count(
                "calls", method=method, result=result
            ),
        )
        methods = odoo.BridgeOdoo(self._client)
        tls = tls_context(settings.ca_file, settings.cert_file, settings.key_file)
        self._topics: dict[str, Topic] = {}
        self._brokers = Brokers(
            [
                Broker(
                    number, address, settings.name, tls, self._receive, self._subscribed
                )
                for number, address in enumerate(settings.brokers)
            ]
        )
        self._leases = Leases(
            methods,
            settings.name,
            settings.lease_ttl_ms,
            self._hold,
            self._brokers.check,
            hears=lambda: self._brokers.ready > 0,
        )
        self._devices = Devices(methods)
        self._announcer = Announcer(self._devices, self._brokers, self._leases)
        self._boards = Boards(methods, self._brokers, self._leases)
        self._queue = IngestQueue(
            Limits(
                settings.call_events,
                settings.call_bytes,
                settings.call_backlog_events,
                settings.queue_bytes,
            )
        )
        self._ingest = Ingest(
            methods,
            self._queue,
            self._brokers.publish_answer,
            self._boards.offer,
            self.metrics,
            settings.calls,
        )
        self._states = States(
            methods, self._brokers.publish_answer, self._boards.offer, self.metrics
        )
        self._web = WebServer(
            settings,
            build_app(settings, methods, self._devices, self.metrics, self.health),
        )
        self._rotations = (
            Rotation(
                lambda: tls, settings.ca_file, settings.cert_file, settings.key_file
            ),
            Rotation(
                lambda: self._web.tls,
                settings.ca_file,
                settings.https_cert_file,
                settings.https_key_file,
            ),
        )
        self._add_gauges()

    def start(self) -> None:
        self._web.start()
        for broker in self._brokers:
            broker.start()
        self._announcer.start()
        self._ingest.start()
        self._states.start()
        self._boards.start()
        self._leases.start()

    def run(self, stop: threading.Event) -> bool:
        """Serve until told to stop.

        :return: whether that was why it ended.
        """
        self.start()
        while not stop.wait(1.0):
            if not self._web.is_alive:
                _logger.error("The HTTPS server has ended")
                break
            self.look_at_keys()
        self.stop()
        return stop.is_set()

    def look_at_keys(self) -> None:
        """Show certificates that have followed ours from the next connection on."""
        for rotation in self._rotations:
            rotation.look()

    def stop(self) -> None:
        """Hear no more, finish what is out, give the leases back, say goodbye."""
        started = time.monotonic()
        self._leases.stop(2.0)
        self._announcer.stop(1.0)
        self._ingest.stop(STOP_SECONDS)
        self._states.stop(2.0)
        self._boards.stop(2.0)
        self._leases.release()
        for broker in self._brokers:
            broker.stop()
        self._web.stop()
        self._client.close()
        _logger.info("Stopped in %.1f s", time.monotonic() - started)

    def health(self) -> tuple[bool, dict[str, Any]]:
        """Whether bays are served, and what there is to say about it."""
        is_well = self._leases.is_fresh and self._brokers.ready > 0
        return is_well, {
            "bridge": self._settings.name,
            "odoo": self._leases.is_fresh,
            "partitions": sorted(self._leases.held),
            "brokers": {str(each.address): each.ready for each in self._brokers},
            "queue": self._queue.batches,
        }

    def _receive(self, broker: int, name: str, payload: bytes) -> None:
        """From a network thread: to the queue that the topic names."""
        topic = self._topics.get(name)
        if topic is None:
            try:
                topic = Topic.parse(name)
            except MalformedError:
                self.metrics.count("dropped", reason="topic")
                return
            self._topics[name] = topic
        if topic.partition not in self._leases.held:
            return
        bay = Bay(topic.partition, topic.bay)
        if topic.leaf == "events":
            self._ingest.receive(bay, payload, broker)
        elif topic.leaf == "state":
            self._states.receive(bay, payload, broker)

    def _subscribed(self, broker: int, partitions: frozenset[int]) -> None:
        self._announcer.subscribed(broker, partitions)

    def _hold(self, partitions: frozenset[int]) -> None:
        self._queue.hold(partitions)
        self._states.hold(partitions)
        self._boards.hold(partitions)
        self._brokers.hold(partitions)
        self._topics = {
            name: topic
            for name, topic in list(self._topics.items())
            if topic.partition in partitions
        }

    def _add_gauges(self) -> None:
        gauge = self.metrics.gauge
        gauge("queue_batches", lambda: self._queue.batches)
        gauge("queue_bytes", lambda: self._queue.bytes)
        gauge("batches_in_flight", lambda: self._queue.in_flight)
        gauge("partitions_held", lambda: len(self._leases.held))
        gauge("brokers_ready", lambda: self._brokers.ready)
        gauge("resident_bytes", resident_bytes)
