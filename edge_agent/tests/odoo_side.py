"""Bridge and Odoo in one, behind a real broker: answers as it is told."""

from queue import SimpleQueue
from threading import Event
from typing import Any

import paho.mqtt.client as mqtt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paho.mqtt.enums import CallbackAPIVersion

from edge_agent.clock import SystemClock
from edge_agent.identity import Identity
from edge_agent.server_time import ServerTime
from workbay_contract import state
from workbay_contract.answers import Outcomes, Refused, Welcome
from workbay_contract.batch import GENESIS, Batch, decode_batch
from workbay_contract.state import Beat, Gone, Hello
from workbay_contract.topics import Leaf, Topic

from . import making

PATIENCE = 20.0


class OdooSide:
    """Answers a hello by itself; batches wait in ``batches`` unless ``accepting``.

    :ivar position: what Odoo has of the device.
    """

    def __init__(
        self,
        who: Identity,
        bay: Identity,
        port: int,
        odoo: Ed25519PrivateKey,
        accepting: bool = False,
    ) -> None:
        self._bay = bay
        self._odoo = odoo
        self.accepting = accepting
        self.position = (0, GENESIS)
        self.batches: SimpleQueue[Batch] = SimpleQueue()
        self.payloads: list[bytes] = []
        self.states: SimpleQueue[Hello | Beat | Gone] = SimpleQueue()
        self._ready = Event()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=who.device, protocol=mqtt.MQTTv5
        )
        self._client.tls_set_context(who.tls(ServerTime(SystemClock())))
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._on_message
        self._client.connect("localhost", port, 10, clean_start=True)
        self._client.loop_start()
        assert self._ready.wait(PATIENCE)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def answer(self, answer: Outcomes | Refused | Welcome) -> None:
        self.publish("outcomes", making.signed(self._odoo, answer))

    def publish(self, leaf: Leaf, payload: bytes) -> None:
        self._client.publish(self._topic(leaf), payload, qos=1)

    def accept(self, batch: Batch) -> None:
        self.position = (batch.last, batch.seal)
        self.answer(making.outcomes(batch))

    def _topic(self, leaf: Leaf) -> str:
        bay = self._bay
        return str(Topic(partition=bay.partition, bay=bay.bay, leaf=leaf))

    def _on_connect(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe([(self._topic("events"), 1), (self._topic("state"), 1)])

    def _on_message(
        self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage
    ) -> None:
        payload = bytes(message.payload)
        if message.topic == self._topic("events"):
            batch = decode_batch(payload)
            batch.verify(self._bay.key.public_key())
            self.payloads.append(payload)
            if self.accepting:
                self.accept(batch)
            self.batches.put(batch)
            return
        said = state.read_state(payload)
        state.check(self._bay.key.public_key(), said)
        if isinstance(said, Hello):
            self.answer(making.welcome(said, *self.position))
        self.states.put(said)
