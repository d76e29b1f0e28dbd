"""A real Mosquitto for tests, set up as in production."""

import getpass
import json
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import paho.mqtt.client as mqtt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.subscribeoptions import SubscribeOptions

from mqtt_bridge.enrolment.access import Device, render_broker_file
from mqtt_bridge.enrolment.authority import Authority
from mqtt_bridge.enrolment.names import BRIDGE, ENROLMENT

ONE = Device(
    device="dev-one-0001", bay=UUID("7f7cf7c0-6c4b-4d08-9c40-000000000001"), partition=7
)
TWO = Device(
    device="dev-two-0002", bay=UUID("7f7cf7c0-6c4b-4d08-9c40-000000000002"), partition=8
)

CONF = """\
per_listener_settings false
listener {port} 127.0.0.1
cafile {folder}/ca.crt
certfile {folder}/server.crt
keyfile {folder}/server.key
require_certificate true
use_identity_as_username true
use_username_as_clientid true
allow_anonymous false
plugin /usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so
plugin_opt_config_file {folder}/dynamic-security.json
persistence false
set_tcp_nodelay true
user {user}
log_dest stderr
log_type all
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], Any], seconds: float = 8) -> bool:
    """Whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            return False
        pause.wait(0.02)
    return True


class Broker:
    """One Mosquitto process over an initialised folder."""

    def __init__(self, root: Path, devices: tuple[Device, ...] = ()) -> None:
        self.root = root
        self.folder = root / "broker"
        self.port = free_port()
        self.plugin = self.folder / "dynamic-security.json"
        self.plugin.write_bytes(render_broker_file(devices, (BRIDGE,), ENROLMENT))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        conf = self.folder / "mosquitto.conf"
        conf.write_text(
            CONF.format(port=self.port, folder=self.folder, user=getpass.getuser())
        )
        log = (self.folder / "mosquitto.log").open("ab")
        self._process = subprocess.Popen(["mosquitto", "-c", str(conf)], stderr=log)
        log.close()
        if not wait_for(self._listens):
            raise AssertionError((self.folder / "mosquitto.log").read_text())

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(5)
            self._process = None

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """It takes connections and says nothing any more, for a while."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def clients(self) -> set[str]:
        document = self._document()
        return {client["username"] for client in document["clients"]}

    def roles(self) -> set[str]:
        document = self._document()
        return {role["rolename"] for role in document["roles"]}

    def _document(self) -> Any:
        """The plugin's file, which it writes in place: read until it is whole."""
        for _ in range(100):
            try:
                return json.loads(self.plugin.read_bytes())
            except ValueError:
                time.sleep(0.02)
        raise AssertionError("the plugin's file stays broken")

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def make_device(root: Path, name: str) -> tuple[Path, Ed25519PrivateKey]:
    """A device's folder with its key and a certificate of the CA in ``root``."""
    folder = root / "devices" / name
    folder.mkdir(parents=True)
    key = Ed25519PrivateKey.generate()
    (folder / "client.key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    authority = Authority.open(root / "ca")
    certificate = authority.sign(name, key.public_key(), "client")
    (folder / "client.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "ca.crt").write_bytes(authority.pem)
    return folder, key


class Client:
    """A client that notes reason codes and whatever it hears."""

    def __init__(self, folder: Path, port: int, patience: float = 8) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.connected: list[int] = []
        self.closed: list[int] = []
        self._published: dict[int, int] = {}
        self._subscribed: dict[int, list[int]] = {}
        self._mqtt = mqtt.Client(
            CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5
        )
        context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
        context.load_cert_chain(folder / "client.crt", folder / "client.key")
        self._mqtt.tls_set_context(context)
        self._mqtt.on_connect = lambda c, u, f, code, p: self.connected.append(
            code.value
        )
        self._mqtt.on_disconnect = lambda c, u, f, code, p: self.closed.append(
            code.value
        )
        self._mqtt.on_message = lambda c, u, m: self.heard.append(
            (m.topic, bytes(m.payload))
        )
        self._mqtt.on_publish = lambda c, u, mid, code, p: self._published.update(
            {mid: code.value}
        )
        self._mqtt.on_subscribe = lambda c, u, mid, codes, p: self._subscribed.update(
            {mid: [code.value for code in codes]}
        )
        self._mqtt.connect("localhost", port, keepalive=10, clean_start=True)
        self._mqtt.loop_start()
        if not wait_for(lambda: self.connected, patience):
            self.close()
            raise ConnectionError("the broker does not take us")

    def publish(self, topic: str, payload: bytes = b"{}") -> int:
        """The reason code that the broker answered with."""
        mid = self._mqtt.publish(topic, payload, qos=1).mid
        assert wait_for(lambda: mid in self._published), f"no answer for {topic}"
        return self._published[mid]

    def subscribe(self, topic: str) -> int:
        mid = self._mqtt.subscribe(topic, options=SubscribeOptions(qos=1))[1]
        assert mid is not None
        assert wait_for(lambda: mid in self._subscribed), f"no answer for {topic}"
        return self._subscribed[mid][0]

    def on(self, topic: str) -> list[bytes]:
        return [payload for name, payload in list(self.heard) if name == topic]

    def close(self) -> None:
        self._mqtt.disconnect()
        self._mqtt.loop_stop()
