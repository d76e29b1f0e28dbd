"""A plain MQTT 5 client with somebody's certificate: what does a broker allow it?"""

import queue
import ssl
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

ANSWER_SECONDS = 10.0


class MqttClient:
    """:param folder: holds ``ca.crt``; certificate and key are named."""

    def __init__(
        self, port: int, name: str, folder: Path, certificate: str, key: str
    ) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(folder / "ca.crt")
        context.load_cert_chain(folder / certificate, folder / key)
        self._port = port
        self._mqtt = mqtt.Client(
            CallbackAPIVersion.VERSION2, name, protocol=MQTTProtocolVersion.MQTTv5
        )
        self._mqtt.tls_set_context(context)
        self._mqtt.on_connect = self._on_connect
        self._mqtt.on_disconnect = self._on_disconnect
        self._mqtt.on_subscribe = self._on_subscribe
        self._mqtt.on_publish = self._on_publish
        self._mqtt.on_message = self._on_message
        self._answers: queue.Queue[Any] = queue.Queue()
        self.messages: queue.Queue[mqtt.MQTTMessage] = queue.Queue()
        self.disconnected = threading.Event()

    def __enter__(self) -> Self:
        assert self.connect() == "Success"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def connect(self) -> str:
        """:return: the broker's answer."""
        self._mqtt.connect("localhost", self._port, clean_start=True)
        self._mqtt.loop_start()
        return str(self._answers.get(timeout=ANSWER_SECONDS))

    def close(self) -> None:
        self._mqtt.disconnect()
        self._mqtt.loop_stop()

    def subscribe(self, topic: str) -> str:
        """:return: what the broker says to it."""
        self._mqtt.subscribe(topic, qos=1)
        return str(self._answers.get(timeout=ANSWER_SECONDS))

    def publish(self, topic: str, payload: str | bytes) -> str:
        """:return: what the broker says to it."""
        self._mqtt.publish(topic, payload, qos=1)
        return str(self._answers.get(timeout=ANSWER_SECONDS))

    def _on_connect(
        self, client: Any, data: Any, flags: Any, code: Any, properties: Any
    ) -> None:
        if code.is_failure:
            self._mqtt.disconnect()  # one answer is enough: no further attempts
        self._answers.put(code)

    def _on_disconnect(
        self, client: Any, data: Any, flags: Any, code: Any, properties: Any
    ) -> None:
        self.disconnected.set()

    def _on_subscribe(
        self, client: Any, data: Any, mid: int, codes: list[Any], properties: Any
    ) -> None:
        self._answers.put(codes[0])

    def _on_publish(
        self, client: Any, data: Any, mid: int, code: Any, properties: Any
    ) -> None:
        self._answers.put(code)

    def _on_message(self, client: Any, data: Any, message: mqtt.MQTTMessage) -> None:
        self.messages.put(message)
