"""Mosquitto's dynamic-security plugin, spoken to over ``$CONTROL``."""

import json
import logging
import secrets
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from mqtt_bridge.configuration import BrokerAddress
from mqtt_bridge.enrolment.errors import BrokerError

_logger = logging.getLogger(__name__)

TOPIC = "$CONTROL/dynamic-security/v1"
RESPONSE = f"{TOPIC}/response"
ANSWER_SECONDS = 3.0
QUIET_SECONDS = 20.0
"""A broker that left a command unanswered is left alone so long: it must not keep the
others from cutting off whom Odoo has revoked."""


class Control:
    """The control connection to one broker; used by one thread."""

    def __init__(self, address: BrokerAddress, name: str, tls: ssl.SSLContext) -> None:
        self.address = address
        self._name = name
        self._tls = tls
        self._mqtt: mqtt.Client | None = None
        self._answers: dict[str, Mapping[str, Any]] = {}
        self._changed = threading.Condition()
        self._is_listening = False
        self._quiet_until = 0.0

    def start(self) -> None:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, self._name, protocol=MQTTProtocolVersion.MQTTv5
        )
        client.tls_set_context(self._tls)
        client.reconnect_delay_set(1, 4)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 0
        client.connect_async(
            self.address.host,
            self.address.port,
            keepalive=10,
            clean_start=True,
            properties=properties,
        )
        client.loop_start()
        self._mqtt = client

    def stop(self) -> None:
        if self._mqtt:
            self._mqtt.disconnect()
            self._mqtt.loop_stop()

    @property
    def is_listening(self) -> bool:
        """Whether commands would be answered."""
        return self._is_listening and time.monotonic() >= self._quiet_until

    def wait(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._is_listening, seconds)

    def run(self, commands: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """What the broker answers to each command, in order.

        :raises BrokerError: not connected, or no answer.
        """
        if not commands:
            return []
        marks = [secrets.token_hex(8) for _ in commands]
        body = {
            "commands": [
                {**command, "correlationData": mark}
                for command, mark in zip(commands, marks, strict=True)
            ]
        }
        if self._mqtt is None or not self.is_listening:
            raise BrokerError(f"{self.address}: not connected")
        sent = self._mqtt.publish(TOPIC, json.dumps(body), qos=1)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise BrokerError(f"{self.address}: {mqtt.error_string(sent.rc)}")
        with self._changed:
            answered = self._changed.wait_for(
                lambda: all(mark in self._answers for mark in marks)
                or not self._is_listening,
                ANSWER_SECONDS,
            )
            answers = [self._answers.pop(mark, None) for mark in marks]
        found = [answer for answer in answers if answer is not None]
        if not answered or len(found) != len(marks):
            self._quiet_until = time.monotonic() + QUIET_SECONDS
            raise BrokerError(f"{self.address}: no answer to a command")
        return found

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
        client.subscribe(RESPONSE, options=SubscribeOptions(qos=1))

    def _on_disconnect(
        self,
        client: mqtt.Client,
        userdata: Any,
        flags: mqtt.DisconnectFlags,
        code: ReasonCode,
        properties: Properties | None,
    ) -> None:
        _logger.warning("Disconnected from broker %s: %s", self.address, code)
        self._listen(False)

    def _on_subscribe(
        self,
        client: mqtt.Client,
        userdata: Any,
        mid: int,
        codes: list[ReasonCode],
        properties: Properties | None,
    ) -> None:
        if any(code.is_failure for code in codes):
            _logger.error("Broker %s grants us no control: %s", self.address, codes[0])
            return
        _logger.info("In control of broker %s", self.address)
        self._listen(True)

    def _on_message(
        self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage
    ) -> None:
        try:
            answers = json.loads(message.payload)["responses"]
            by_mark = {answer["correlationData"]: answer for answer in answers}
        except (ValueError, KeyError, TypeError):
            _logger.warning("Broker %s: an answer without a mark", self.address)
            return
        with self._changed:
            self._quiet_until = 0.0
            self._answers.update(by_mark)
            self._changed.notify_all()

    def _listen(self, is_listening: bool) -> None:
        with self._changed:
            self._is_listening = is_listening
            self._quiet_until = 0.0
            self._answers.clear()
            self._changed.notify_all()
