"""One connection to one broker. A new one is a new link: no session, nothing kept."""

import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge_agent.clock import Clock
from edge_agent.identity import Broker, Identity
from workbay_contract import state
from workbay_contract.topics import DOWNLINK, Leaf, Topic

NO_SUBSCRIBER = 0x10
NOT_AUTHORIZED = 0x87
WITH_WILL = 0x04
CONNECT_SECONDS = 5.0
CLOSE_SECONDS = 2.0

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Up:
    """Connected, and subscribed to everything."""

    link: "Link"


@dataclass(frozen=True)
class Down:
    """Not connected, or not any more; said once."""

    link: "Link"
    reason: str
    not_authorized: bool = False


@dataclass(frozen=True)
class Got:
    """A message, and our monotonic clock when it came."""

    link: "Link"
    leaf: Leaf
    payload: bytes
    mono_ms: int


@dataclass(frozen=True)
class Acked:
    """The broker's word on a message of ours."""

    link: "Link"
    mid: int
    code: int


LinkEvent = Up | Down | Got | Acked


class Link:
    """Reports through ``post``, which must not block: it runs in the network thread."""

    def __init__(
        self,
        broker: Broker,
        identity: Identity,
        tls: ssl.SSLContext,
        keepalive: int,
        clock: Clock,
        post: Callable[[LinkEvent], None],
    ) -> None:
        self.broker = broker
        self._identity = identity
        self._keepalive = keepalive
        self._clock = clock
        self._post = post
        self._leaves = {self._topic(leaf): leaf for leaf in DOWNLINK}
        self._lock = Lock()
        self._ended = False
        self._closed = Event()
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=identity.device,
            protocol=mqtt.MQTTv5,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_SECONDS
        client.tls_set_context(tls)
        client.will_set(
            self._topic("state"),
            state.seal(identity.key, state.Gone(device=identity.device)),
            1,
        )
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        self._client = client

    def open(self) -> None:
        """Begin to connect; ``Up`` or ``Down`` follows."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 0
        self._client.connect_async(
            self.broker.host,
            self.broker.port,
            self._keepalive,
            clean_start=True,
            properties=properties,
        )
        self._client.loop_start()

    def publish(self, leaf: Leaf, payload: bytes) -> int:
        """Hand a message to the network thread; ``Acked`` follows, or ``Down``."""
        return self._client.publish(self._topic(leaf), payload, qos=1).mid

    def close(self, gone: bool = False) -> None:
        """End the connection; nothing more is reported.

        :param gone: let the broker publish the last will.
        """
        with self._lock:
            self._ended = True
        if not self._client.is_connected():
            self._closed.set()
            self._client.disconnect()
            return
        reason = None
        if gone:
            reason = ReasonCode(PacketTypes.DISCONNECT, identifier=WITH_WILL)
        self._client.disconnect(reason)

    def wait_closed(self) -> None:
        """Wait a moment until the broker was told."""
        self._closed.wait(CLOSE_SECONDS)

    def _topic(self, leaf: Leaf) -> str:
        identity = self._identity
        return str(Topic(partition=identity.partition, bay=identity.bay, leaf=leaf))

    def _end(self, reason: str, not_authorized: bool = False) -> None:
        with self._lock:
            if self._ended:
                return
            self._ended = True
        self._post(Down(self, reason, not_authorized))

    def _report(self, event: LinkEvent) -> None:
        if not self._ended:
            self._post(event)

    def _on_connect(
        self, client: mqtt.Client, _data: Any, _flags: Any, code: ReasonCode, _p: Any
    ) -> None:
        if self._ended:  # closed while it was still connecting
            client.disconnect()
            return
        if code.is_failure:
            self._end(str(code), code.value == NOT_AUTHORIZED)
            return
        client.subscribe(
            [(self._topic(leaf), SubscribeOptions(qos=1)) for leaf in DOWNLINK]
        )

    def _on_connect_fail(self, client: mqtt.Client, _data: Any) -> None:
        self._end("cannot be reached")
        client.disconnect()  # ends the thread, which would try again

    def _on_disconnect(
        self, _client: mqtt.Client, _data: Any, _flags: Any, code: ReasonCode, _p: Any
    ) -> None:
        self._closed.set()
        self._end(str(code), code.value == NOT_AUTHORIZED)

    def _on_subscribe(
        self,
        client: mqtt.Client,
        _data: Any,
        _mid: int,
        codes: list[ReasonCode],
        _p: Any,
    ) -> None:
        failed = [code for code in codes if code.is_failure]
        if not failed:
            self._report(Up(self))
            return
        self._end(str(failed[0]), failed[0].value == NOT_AUTHORIZED)
        client.disconnect()

    def _on_message(
        self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage
    ) -> None:
        mono_ms = self._clock.mono_ms()
        leaf = self._leaves.get(message.topic)
        if leaf is not None:
            self._report(Got(self, leaf, bytes(message.payload), mono_ms))

    def _on_publish(
        self, _client: mqtt.Client, _data: Any, mid: int, code: ReasonCode, _p: Any
    ) -> None:
        self._report(Acked(self, mid, code.value))
