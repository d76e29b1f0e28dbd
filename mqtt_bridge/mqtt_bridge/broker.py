"""One MQTT 5 connection to one broker.

paho calls back in its network thread; nothing here does more there than note, queue and
send.
"""

import logging
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from mqtt_bridge.configuration import BrokerAddress
from workbay_contract.topics import ROOT, bridge_filters

_logger = logging.getLogger(__name__)

KEEPALIVE = 10
MAX_PACKET_BYTES = 160 * 1024
RECEIVE_MAXIMUM = 100
"""Messages on their way to us at once: the broker holds the others back."""
SELFTEST_SECONDS = 3.0

Receive = Callable[[int, str, bytes], None]
Subscribed = Callable[[int, frozenset[int]], None]


class Broker:
    """Subscribes to the partitions held, once the broker has shown that it delivers.

    :param receive: is told each message: this broker's number, topic, payload.
    :param subscribed: is told partitions whose messages come in from now on.
    """

    def __init__(
        self,
        number: int,
        address: BrokerAddress,
        name: str,
        tls: ssl.SSLContext,
        receive: Receive,
        subscribed: Subscribed,
    ) -> None:
        self.number = number
        self.address = address
        self._receive = receive
        self._subscribed = subscribed
        self._selftest_topic = f"{ROOT}/bridge/{name}/selftest"
        self._lock = threading.Lock()
        self._partitions: frozenset[int] = frozenset()
        self._nonce = b""
        self._tested_at = 0.0
        self._ready = False
        self._pending: dict[int, frozenset[int]] = {}
        self._mqtt = mqtt.Client(
            CallbackAPIVersion.VERSION2, name, protocol=MQTTProtocolVersion.MQTTv5
        )
        self._mqtt.tls_set_context(tls)
        self._mqtt.max_inflight_messages_set(200)
        self._mqtt.reconnect_delay_set(1, 4)
        self._mqtt.on_connect = self._on_connect
        self._mqtt.on_disconnect = self._on_disconnect
        self._mqtt.on_subscribe = self._on_subscribe
        self._mqtt.on_message = self._on_message
        self._mqtt.on_socket_open = _set_nodelay

    def start(self) -> None:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 0
        properties.MaximumPacketSize = MAX_PACKET_BYTES
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        self._mqtt.connect_async(
            self.address.host,
            self.address.port,
            keepalive=KEEPALIVE,
            clean_start=True,
            properties=properties,
        )
        self._mqtt.loop_start()

    def stop(self) -> None:
        self._ready = False
        self._mqtt.disconnect()
        self._mqtt.loop_stop()

    @property
    def ready(self) -> bool:
        """Whether it is connected and passed its self-test."""
        return self._ready

    def publish(self, topic: str, payload: str | bytes) -> mqtt.MQTTMessageInfo | None:
        """Send at QoS 1, or not at all while the broker is not ready.

        Nothing is kept for later: a bay that misses an answer asks again.
        """
        if not self._ready:
            return None
        info = self._mqtt.publish(topic, payload, qos=1)
        return info if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def hold(self, partitions: frozenset[int]) -> None:
        """Hear the bays of these partitions and of no other."""
        with self._lock:
            gone = self._partitions - partitions
            new = partitions - self._partitions
            self._partitions = partitions
            if not self._ready:
                return
            if gone:
                self._mqtt.unsubscribe(_filters(gone))
            self._subscribe(new)

    def check(self) -> None:
        """Ask again where a self-test was not answered in time."""
        with self._lock:
            late = time.monotonic() - self._tested_at > SELFTEST_SECONDS
            if self._ready or not self._nonce or not late:
                return
            _logger.error(
                "Broker %s grants but does not deliver, and is not used", self.address
            )
            self._start_selftest()

    def _on_connect(
        self,
        client: mqtt.Client,
        userdata: Any,
        flags: mqtt.ConnectFlags,
        code: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if code.is_failure:
            _logger.error("Broker %s refused us: %s", self.address, code)
            return
        _logger.info("Connected to broker %s", self.address)
        with self._lock:
            self._pending.clear()
            self._start_selftest()

    def _on_disconnect(
        self,
        client: mqtt.Client,
        userdata: Any,
        flags: mqtt.DisconnectFlags,
        code: ReasonCode,
        properties: Properties | None,
    ) -> None:
        with self._lock:
            self._ready = False
            self._nonce = b""
        _logger.warning("Disconnected from broker %s: %s", self.address, code)

    def _on_subscribe(
        self,
        client: mqtt.Client,
        userdata: Any,
        mid: int,
        codes: list[ReasonCode],
        properties: Properties | None,
    ) -> None:
        with self._lock:
            partitions = self._pending.pop(mid, None)
        refused = [str(code) for code in codes if code.is_failure]
        if refused:
            _logger.error(
                "Broker %s refused a subscription: %s", self.address, refused[0]
            )
        elif partitions:
            self._subscribed(self.number, partitions)
        elif partitions is not None:
            self._mqtt.publish(self._selftest_topic, self._nonce, qos=1)

    def _on_message(
        self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage
    ) -> None:
        if message.topic == self._selftest_topic:
            self._pass_selftest(bytes(message.payload))
        else:
            self._receive(self.number, message.topic, bytes(message.payload))

    def _start_selftest(self) -> None:
        self._nonce = secrets.token_hex(16).encode()
        self._tested_at = time.monotonic()
        mid = self._mqtt.subscribe(
            self._selftest_topic, options=SubscribeOptions(qos=1)
        )[1]
        if mid is not None:
            self._pending[mid] = frozenset()

    def _pass_selftest(self, nonce: bytes) -> None:
        with self._lock:
            if self._ready or nonce != self._nonce:
                return
            self._ready = True
            self._subscribe(self._partitions)
        _logger.info("Broker %s passed its self-test", self.address)

    def _subscribe(self, partitions: frozenset[int]) -> None:
        if not partitions:
            return
        options = SubscribeOptions(qos=1)
        mid = self._mqtt.subscribe([(name, options) for name in _filters(partitions)])[
            1
        ]
        if mid is not None:
            self._pending[mid] = partitions


def _filters(partitions: Collection[int]) -> list[str]:
    return [name for each in sorted(partitions) for name in bridge_filters(each)]


def _set_nodelay(client: mqtt.Client, userdata: Any, sock: Any) -> None:
    # Else an answer waits up to 40 ms for the acknowledgement of the one before.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
