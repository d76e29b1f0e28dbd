"""Broker, certificate, clock and port, each broken for real."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from edge_agent import identity
from edge_agent.clock import SystemClock
from edge_agent.doctor import Finding, network, running
from edge_agent.identity import Broker, Identity
from edge_agent.server_time import FILE, keep
from edge_agent.settings import Settings

from . import making
from .authority import Authority
from .broker import Mosquitto, free_port
from .broker import running as broker_runs
from .odoo_side import PATIENCE, OdooSide

DAY = timedelta(days=1)


@pytest.fixture
def broker(tmp_path: Path, authority: Authority) -> Iterator[Mosquitto]:
    with broker_runs(tmp_path / "broker", authority) as broker:
        yield broker


@pytest.fixture
def enrol(tmp_path: Path, authority: Authority) -> Callable[..., Settings]:
    """A bay with these brokers' ports."""

    def made(*ports: int, **values: str) -> Settings:
        authority.enrol(tmp_path / "bay", "dev-00000001", list(ports), **values)
        return Settings(data_dir=tmp_path / "bay", kiosk_port=free_port())

    return made


def codes(found: object) -> list[tuple[str, str]]:
    assert isinstance(found, list | tuple)
    return [(each.level, each.code) for each in found]


def told(found: object, code: str) -> Finding:
    assert isinstance(found, list | tuple)
    return next(each for each in found if each.code == code)


Enrol = Callable[..., Settings]
NONE = ("fail", "broker_none")


def test_a_broker_that_admits_us(enrol: Enrol, broker: Mosquitto) -> None:
    assert codes(network.broker(enrol(broker.port), None)) == [("ok", "broker")]
    assert "dev-00000001" in broker.log


def test_a_closed_port(enrol: Enrol) -> None:
    found = network.broker(enrol(free_port()), None)
    assert codes(found) == [("fail", "broker_refused"), NONE]


def test_one_of_two_brokers_is_gone(enrol: Enrol, broker: Mosquitto) -> None:
    found = network.broker(enrol(free_port(), broker.port), None)
    assert codes(found) == [("warn", "broker_refused"), ("ok", "broker")]


def test_a_name_that_nobody_knows(
    enrol: Enrol, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = enrol(1)
    who = identity.load(settings.data_dir)
    lost = replace(who, brokers=(Broker(host="broker.invalid", port=8883),))
    monkeypatch.setattr(identity, "load", lambda _: lost)
    assert codes(network.broker(settings, None)) == [("fail", "broker_name"), NONE]


def test_a_broker_of_another_authority(
    tmp_path: Path, enrol: Enrol, broker: Mosquitto
) -> None:
    settings = enrol(broker.port)
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    (settings.data_dir / identity.CA).write_bytes(other.certificate)
    found = network.broker(settings, None)
    assert codes(found) == [("fail", "broker_false"), NONE]


def test_a_broker_whose_certificate_ended(
    tmp_path: Path, authority: Authority, enrol: Enrol
) -> None:
    old = authority.server("old", end=datetime.now(UTC) - DAY)
    settings = enrol(1)
    keep(settings.data_dir / FILE, round(datetime.now(UTC).timestamp() * 1000))
    broker = Mosquitto(tmp_path / "old", authority, old)
    broker.start()
    try:
        found = network.broker(enrol(broker.port), None)
    finally:
        broker.kill()
    assert codes(found) == [("fail", "broker_false"), NONE]
    assert "ended" in told(found, "broker_false").text("en")


def test_something_that_speaks_no_tls(enrol: Enrol) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            with server.accept()[0] as peer:
                peer.recv(100)
                peer.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

        threading.Thread(target=greet, daemon=True).start()
        found = network.broker(enrol(server.getsockname()[1]), None)
    assert codes(found) == [("fail", "broker_no_tls"), NONE]


def test_a_broker_that_does_not_admit_us(
    tmp_path: Path, enrol: Enrol, broker: Mosquitto
) -> None:
    """Our certificate is of an authority that it does not know."""
    settings = enrol(broker.port)
    ca = (settings.data_dir / identity.CA).read_bytes()
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    other.enrol(settings.data_dir, "dev-00000001", [broker.port])
    (settings.data_dir / identity.CA).write_bytes(ca)
    found = network.broker(settings, None)
    assert codes(found) == [("fail", "broker_refuses"), NONE]


# Certificate


def test_a_certificate_in_its_days(
    enrol: Enrol, authority: Authority, tmp_path: Path
) -> None:
    settings = enrol(1)
    for days, expected in (
        (100, ("ok", "certificate")),
        (20, ("warn", "certificate_soon")),
        (-1, ("fail", "certificate_ended")),
    ):
        who = identity.load(settings.data_dir)
        pem = authority.renewed(who, end=datetime.now(UTC) + days * DAY)
        (settings.data_dir / identity.CERTIFICATE).write_text(pem)
        assert codes(network.certificate(settings, None)) == [expected]


def test_a_unit_that_is_nobodys_and_one_that_is_damaged(
    enrol: Enrol, tmp_path: Path
) -> None:
    empty = Settings(data_dir=tmp_path / "empty")
    assert codes(network.certificate(empty, None)) == [("warn", "not_enrolled")]
    assert codes(network.broker(empty, None)) == [("warn", "broker_not_yet")]
    settings = enrol(1)
    (settings.data_dir / identity.CERTIFICATE).write_text("dust")
    found = network.certificate(settings, None)
    assert codes(found) == [("fail", "identity")]
    assert "device.crt" in found[0].text("zh")


# Clock


@contextmanager
def bridge(authority: Authority, ahead: timedelta = timedelta()) -> Iterator[str]:
    """Answers with the date as a bridge does, whose clock is so far ahead."""

    class Dated(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(200)
            now = datetime.now(UTC) + ahead
            self.send_header("Date", format_datetime(now, usegmt=True))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("localhost", 0), Dated)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.server())
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"https://localhost:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SystemClock, "synced", lambda _: True)


@pytest.mark.usefixtures("synced")
@pytest.mark.parametrize(
    ("ahead", "expected"),
    [(0, ("ok", "clock")), (20, ("warn", "clock_off")), (-3600, ("fail", "clock_off"))],
)
def test_a_clock_against_the_bridges(
    enrol: Enrol, authority: Authority, ahead: int, expected: tuple[str, str]
) -> None:
    with bridge(authority, timedelta(seconds=ahead)) as url:
        found = network.clock(enrol(1, media_url=url), None)
    assert codes(found) == [expected]


@pytest.mark.usefixtures("synced")
def test_a_bridge_that_is_not_reached_or_not_ours(
    tmp_path: Path, enrol: Enrol, authority: Authority
) -> None:
    gone = enrol(1, media_url=f"https://localhost:{free_port()}")
    assert codes(network.clock(gone, None)) == [("warn", "bridge_silent")]
    (tmp_path / "other").mkdir()
    with bridge(Authority(tmp_path / "other")) as url:
        found = network.clock(enrol(1, media_url=url), None)
    assert codes(found) == [("warn", "bridge_silent")]


def test_a_clock_that_nobody_sets(
    enrol: Enrol, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SystemClock, "synced", lambda _: False)
    with bridge(authority) as url:
        settings = enrol(1, media_url=url)
        assert codes(network.clock(settings, None)) == [
            ("warn", "clock_alone"),
            ("ok", "clock"),
        ]
        later = datetime.now(UTC) + timedelta(hours=5)
        keep(settings.data_dir / FILE, round(later.timestamp() * 1000))
        assert codes(network.clock(settings, None)) == [
            ("warn", "clock_alone"),
            ("fail", "clock_behind"),
        ]


# Kiosk


def test_the_kiosks_address(enrol: Enrol) -> None:
    settings = enrol(1)
    assert codes(network.kiosk(settings, None)) == [("warn", "kiosk_free")]
    with socket.create_server(("127.0.0.1", settings.kiosk_port)):
        assert running.find(settings) is None
        assert codes(network.kiosk(settings, None)) == [("fail", "kiosk_taken")]


def test_an_agent_that_runs_is_asked_and_not_disturbed(
    tmp_path: Path, enrol: Enrol, authority: Authority, broker: Mosquitto
) -> None:
    settings = enrol(broker.port)
    bay: Identity = identity.load(settings.data_dir)
    who = authority.enrol(tmp_path / "bridge", "bridge-00000", [1])
    odoo = OdooSide(who, bay, broker.port, authority.odoo, accepting=True)
    agent = subprocess.Popen(
        [sys.executable, "-m", "edge_agent", "run", "--data", str(bay.folder)],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "BAY_KIOSK_PORT": str(settings.kiosk_port),
        },
        stderr=subprocess.DEVNULL,
    )
    try:
        odoo.states.get(timeout=PATIENCE)
        odoo.publish("board", making.board_message(authority.odoo, making.board(bay)))
        deadline = threading.Event()
        for _ in range(100):
            found = running.find(settings)
            if found is not None and found.view.get("connection") == "online":
                break
            deadline.wait(0.1)
        assert found is not None
        assert codes(network.kiosk(settings, found)) == [("ok", "kiosk_runs")]
        assert codes(network.broker(settings, found)) == [
            ("ok", "broker_reached"),
            ("ok", "online"),
        ]
        again = running.find(settings)
        assert again is not None
        assert again.view["connection"] == "online"
        assert broker.log.count("already connected") == 0
    finally:
        agent.send_signal(signal.SIGTERM)
        agent.wait(timeout=PATIENCE)
        odoo.close()
