from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bridge_testing import ONE, TWO, Broker, Client, make_device

from mqtt_bridge.enrolment.init import initialise


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
