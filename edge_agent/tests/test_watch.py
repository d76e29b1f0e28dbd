"""systemd hears that the bay runs, and nothing more once a part of it has ended."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.identity import Identity
from edge_agent.watch import Watch

from .broker import free_port
from .odoo_side import PATIENCE


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """Where systemd would listen: an abstract socket, since a path of tests may be too
    long for one. The kernel gives it a free name."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("")
        listener.settimeout(PATIENCE)
        yield listener


def name(listener: socket.socket) -> str:
    """The listener's name as ``NOTIFY_SOCKET`` gives it, @ for the abstract space."""
    return "@" + listener.getsockname()[1:].decode()


def heard(listener: socket.socket) -> str:
    return listener.recv(1000).decode()


@pytest.mark.parametrize("enrolled", [True, False], ids=["bay", "unit"])
def test_a_bay_is_ready_then_alive_then_stopping(
    device: Identity, tmp_path: Path, listening: socket.socket, enrolled: bool
) -> None:
    agent = subprocess.Popen(
        [sys.executable, "-m", "edge_agent", "run"],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "BAY_DATA_DIR": str(device.folder if enrolled else tmp_path / "new"),
            "BAY_KIOSK_PORT": str(free_port()),
            "NOTIFY_SOCKET": name(listening),
            "WATCHDOG_USEC": "600000",
        },
        stderr=subprocess.DEVNULL,
    )
    try:
        assert [heard(listening) for _ in range(3)] == ["READY=1", *2 * ["WATCHDOG=1"]]
    finally:
        agent.send_signal(signal.SIGTERM)
    said = heard(listening)
    while said == "WATCHDOG=1":
        said = heard(listening)
    assert said == "STOPPING=1"
    assert agent.wait(timeout=PATIENCE) == 0


def test_nobody_is_told_of_life_once_a_thread_ended(listening: socket.socket) -> None:
    watch = Watch({"NOTIFY_SOCKET": name(listening)})
    ending = threading.Event()
    thread = threading.Thread(target=ending.wait, name="scanner")
    thread.start()
    watch.ready()
    watch.lives()
    assert [heard(listening), heard(listening)] == ["READY=1", "WATCHDOG=1"]
    ending.set()
    thread.join()
    watch.lives()
    assert heard(listening) == "STATUS=ended: scanner"


def test_without_systemd_nothing_is_said() -> None:
    watch = Watch({})
    watch.ready()
    watch.lives()
    watch.stopping()
