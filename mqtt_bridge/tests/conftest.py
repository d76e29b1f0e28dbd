import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mqtt_bridge.bridge import Bridge
from mqtt_bridge.configuration import load
from mqtt_bridge.enrolment.init import initialise
from mqtt_bridge.settings import Settings
from mqtt_bridge.testing.broker import (
    ONE,
    TWO,
    Broker,
    Client,
    free_port,
    make_device,
    wait_for,
)
from mqtt_bridge.testing.odoo import KEY, FakeOdoo


@pytest.fixture
def pki(tmp_path: Path) -> Path:
    """What ``init`` makes, in a folder of the test's own."""
    root = tmp_path / "pki"
    initialise(root, ["localhost"])
    return root


@pytest.fixture
def broker(pki: Path) -> Iterator[Broker]:
    """A broker that knows the devices ONE and TWO."""
    process = Broker(pki, (ONE, TWO))
    process.start()
    yield process
    process.stop()


@pytest.fixture
def client(pki: Path, broker: Broker) -> Iterator[Callable[[str], Client]]:
    """Connects by name: ``bridge``, ``enrolment`` or a device's id."""
    clients: list[Client] = []

    def connect(name: str) -> Client:
        folder = pki / name
        if not folder.exists():
            folder = pki / "devices" / name
        if not folder.exists():
            folder, _ = make_device(pki, name)
        clients.append(Client(folder, broker.port))
        return clients[-1]

    yield connect
    for each in clients:
        each.close()


@pytest.fixture
def odoo() -> Iterator[FakeOdoo]:
    fake = FakeOdoo()
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "odoo.key"
    path.write_text(KEY + "\n")
    return path


@pytest.fixture
def environment(
    pki: Path, broker: Broker, odoo: FakeOdoo, key_file: Path, tmp_path: Path
) -> dict[str, str]:
    """The bridge's settings, as a supervisor would pass them."""
    media = tmp_path / "media"
    media.mkdir()
    return {
        "BRIDGE_NAME": "bridge-main-01",
        "BRIDGE_ODOO_URL": odoo.url,
        "BRIDGE_ODOO_DB": "workbay",
        "BRIDGE_ODOO_KEY_FILE": str(key_file),
        "BRIDGE_BROKERS": json.dumps([{"host": "localhost", "port": broker.port}]),
        "BRIDGE_CA_FILE": str(pki / "bridge/ca.crt"),
        "BRIDGE_CERT_FILE": str(pki / "bridge/client.crt"),
        "BRIDGE_KEY_FILE": str(pki / "bridge/client.key"),
        "BRIDGE_HTTP_PORT": str(free_port()),
        "BRIDGE_HTTPS_CERT_FILE": str(pki / "bridge/https.crt"),
        "BRIDGE_HTTPS_KEY_FILE": str(pki / "bridge/https.key"),
        "BRIDGE_MEDIA_DIR": str(media),
    }


@pytest.fixture
def start_bridge(environment: dict[str, str]) -> Iterator[Callable[..., Bridge]]:
    """Starts a bridge in this process; ``**changes`` are settings by their name."""
    bridges: list[Bridge] = []

    def start(**changes: str) -> Bridge:
        changed = {f"BRIDGE_{name.upper()}": text for name, text in changes.items()}
        bridges.append(Bridge(load(Settings, environment | changed)))
        bridges[-1].start()
        assert wait_for(lambda: bridges[-1].health()[0])
        return bridges[-1]

    yield start
    for bridge in bridges:
        bridge.stop()
