"""The whole agent as a process, from the command line to its orderly end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from edge_agent import identity
from edge_agent.identity import Identity

from . import making
from .authority import Authority
from .broker import Mosquitto, free_port, running
from .odoo_side import PATIENCE, OdooSide


@pytest.fixture
def broker(tmp_path: Path, authority: Authority) -> Iterator[Mosquitto]:
    with running(tmp_path / "broker", authority) as broker:
        yield broker


def command(*arguments: str, **env: str) -> subprocess.Popen[str]:
    path = os.pathsep.join(filter(None, sys.path))
    return subprocess.Popen(
        [sys.executable, "-m", "edge_agent", *arguments],
        env={**os.environ, "PYTHONPATH": path, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def view(url: str, board: int) -> dict[str, object]:
    """The kiosk's view, once it stands on ``board`` and is online."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            shown: dict[str, object] = httpx.get(f"{url}/api/view").json()
        except httpx.TransportError:
            shown = {}
        if shown.get("board") == board and shown["connection"] == "online":
            return shown
        assert time.monotonic() < deadline, shown
        time.sleep(0.1)  # another process: there is nothing to wait upon


def test_a_bay_runs_shows_its_board_and_ends_orderly(
    tmp_path: Path, authority: Authority, broker: Mosquitto
) -> None:
    bay = authority.enrol(tmp_path / "bay", "dev-00000001", [broker.port])
    who = authority.enrol(tmp_path / "bridge", "bridge-00000", [1])
    odoo = OdooSide(who, bay, broker.port, authority.odoo, accepting=True)
    port = free_port()
    agent = command("run", "--data", str(bay.folder), BAY_KIOSK_PORT=str(port))
    try:
        odoo.states.get(timeout=PATIENCE)
        made = making.board(bay, 4)
        odoo.publish("board", making.board_message(authority.odoo, made))
        shown = view(f"http://127.0.0.1:{port}", board=4)
        assert shown["bay"] == "Bay 1"
    finally:
        agent.send_signal(signal.SIGTERM)
        _, errors = agent.communicate(timeout=PATIENCE)
        odoo.close()
    assert agent.returncode == 0, errors
    assert "Traceback" not in errors
    assert f"Bay {bay.bay} ended" in errors


def test_a_taken_port_is_one_sentence(device: Identity, broker: Mosquitto) -> None:
    agent = command(
        "run", "--data", str(device.folder), BAY_KIOSK_PORT=str(broker.port)
    )
    _, errors = agent.communicate(timeout=PATIENCE)
    assert agent.returncode == 2
    assert f"cannot listen at 127.0.0.1:{broker.port}" in errors
    assert "Traceback" not in errors


def test_a_folder_that_is_damaged_is_one_sentence(device: Identity) -> None:
    (device.folder / identity.CERTIFICATE).write_text("dust")
    agent = command("run", "--data", str(device.folder))
    _, errors = agent.communicate(timeout=PATIENCE)
    assert agent.returncode == 2
    assert errors.count("\n") == 1
    assert "device.crt" in errors


def test_a_key_is_made_for_whoever_enrols_by_hand(tmp_path: Path) -> None:
    made = command("keygen", "--data", str(tmp_path))
    out, _ = made.communicate(timeout=PATIENCE)
    assert made.returncode == 0
    assert out.strip() == str(tmp_path / identity.REQUEST)


def test_wrong_settings_are_listed(tmp_path: Path) -> None:
    agent = command("run", "--data", str(tmp_path), BAY_CAMERA="eye", BAY_PANNEL="gpio")
    _, errors = agent.communicate(timeout=PATIENCE)
    assert agent.returncode == 2
    assert "BAY_CAMERA:" in errors
    assert "BAY_PANNEL:" in errors
