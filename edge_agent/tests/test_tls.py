"""Certificates judged by Odoo's clock: the system's own, years off, plays no part.

The machine's real clock is the wrong one here: it says 2026 or later, while the server
time that the bay knows is years before or after.
"""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from edge_agent.clock import FakeClock, SystemClock
from edge_agent.identity import CERTIFICATE, Identity, load
from edge_agent.outbox import FILE, Outbox
from edge_agent.publisher import Publisher
from edge_agent.server_time import FILE as TIME_FILE
from edge_agent.server_time import ServerTime
from edge_agent.tls import Now

from . import making
from .authority import Authority
from .broker import Mosquitto
from .odoo_side import PATIENCE

OLD = (datetime(2018, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC))
AHEAD = (datetime(2040, 1, 1, tzinfo=UTC), datetime(2042, 1, 1, tzinfo=UTC))
LAST_CENTURY = datetime(1970, 1, 1, 1, tzinfo=UTC)


def ms(year: int, month: int = 6) -> int:
    return round(datetime(year, month, 1, tzinfo=UTC).timestamp() * 1000)


class _Ok(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(files: tuple[Path, Path], host: str = "localhost") -> Iterator[str]:
    server = ThreadingHTTPServer((host, 0), _Ok)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"https://{host}:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


def reach(device: Identity, time: ServerTime, url: str) -> str:
    """How a media request fares: "ok", or why not."""
    try:
        with httpx.Client(verify=device.media_tls(time), trust_env=False) as client:
            return "ok" if client.get(url).status_code == 204 else "?"
    except httpx.ConnectError as error:
        return str(error)


@pytest.fixture
def old_authority(tmp_path: Path) -> Authority:
    """Its CA is valid in all the years at hand."""
    folder = tmp_path / "authority"
    folder.mkdir()
    return Authority(
        folder,
        datetime(2010, 1, 1, tzinfo=UTC),
        datetime(2060, 1, 1, tzinfo=UTC),
    )


@pytest.fixture
def bay(old_authority: Authority, tmp_path: Path) -> Identity:
    return old_authority.enrol(tmp_path / "bay", "dev-00000001", [1])


@pytest.mark.parametrize(
    ("window", "year", "expected"),
    [
        (OLD, 2019, "ok"),
        (OLD, 2021, "ended"),
        (AHEAD, 2041, "ok"),
        (AHEAD, 2039, "begins"),
        (AHEAD, 2043, "ended"),
    ],
)
def test_dates_are_judged_by_the_server_time_that_was_told(
    old_authority: Authority,
    bay: Identity,
    window: tuple[datetime, datetime],
    year: int,
    expected: str,
) -> None:
    clock = FakeClock(wall=LAST_CENTURY, synced=False)
    time = ServerTime(clock)
    time.pair(ms(year), clock.mono_ms())
    with serving(old_authority.server("s", *window)) as url:
        assert expected in reach(bay, time, url)


@pytest.mark.parametrize(
    ("window", "kept", "expected"),
    [
        (OLD, None, "ok"),  # never met Odoo: nothing to judge by
        (OLD, 2019, "ok"),
        (OLD, 2021, "ended"),
        (AHEAD, 2019, "ok"),  # renewed while the bay lay in the store-room
    ],
)
def test_after_a_power_cut_the_last_time_known_is_what_counts(
    old_authority: Authority,
    bay: Identity,
    window: tuple[datetime, datetime],
    kept: int | None,
    expected: str,
) -> None:
    file = bay.folder / TIME_FILE
    clock = FakeClock(wall=LAST_CENTURY, synced=False)
    if kept is not None:
        ServerTime(clock, file).pair(ms(kept), clock.mono_ms())
    with serving(old_authority.server("s", *window)) as url:
        assert expected in reach(bay, ServerTime(clock, file), url)


def test_a_synchronised_clock_is_believed_until_odoo_is_met() -> None:
    clock = FakeClock(wall=datetime(2019, 6, 1, tzinfo=UTC), synced=True)
    assert ServerTime(clock).now() == Now(ms(2019), ms(2019))


def test_a_clock_set_back_does_not_make_the_known_time_earlier(tmp_path: Path) -> None:
    clock = FakeClock(wall=LAST_CENTURY, synced=True)
    ServerTime(clock, tmp_path / "t").pair(ms(2026), clock.mono_ms())
    assert ServerTime(clock, tmp_path / "t").now() == Now(ms(2026), None)


def test_another_authority_and_another_name_stay_shut_out(
    old_authority: Authority, bay: Identity, authority: Authority
) -> None:
    time = ServerTime(FakeClock(synced=False))
    with serving(authority.server("other")) as url:
        assert "CERTIFICATE_VERIFY_FAILED" in reach(bay, time, url)
    with serving(old_authority.server("s"), "127.0.0.2") as url:
        assert "mismatch" in reach(bay, time, url)


class _Of1970(SystemClock):
    """The clock of a Pi without battery or network time."""

    def wall(self) -> datetime:
        return LAST_CENTURY

    def synced(self) -> bool:
        return False


@pytest.mark.parametrize(("year", "comes_in"), [(2019, True), (2021, False)])
def test_mqtt_goes_by_the_same_clock(
    old_authority: Authority, tmp_path: Path, year: int, comes_in: bool
) -> None:
    files = old_authority.server("broker", *OLD)
    broker = Mosquitto(tmp_path / "broker", old_authority, files)
    broker.start()
    who = old_authority.enrol(tmp_path / "mqtt", "dev-00000002", [broker.port])
    ServerTime(_Of1970(), who.folder / TIME_FILE).pair(ms(year), 0)
    outbox = Outbox(who.folder / FILE, who)
    publisher = Publisher(who, outbox, clock=_Of1970())
    seen = threading.Event()
    outbox.changes.subscribe(
        lambda: seen.set() if publisher.connection != "offline" else None
    )
    publisher.start()
    try:
        assert seen.wait(PATIENCE if comes_in else 2.0) is comes_in
    finally:
        publisher.stop()
        outbox.close()
        broker.kill()


def test_a_bay_whose_own_certificate_has_ended_says_so_and_records_on(
    authority: Authority, tmp_path: Path
) -> None:
    broker = Mosquitto(tmp_path / "broker", authority)
    broker.start()
    who = authority.enrol(tmp_path / "bay", "dev-00000003", [broker.port])
    ended = authority.renewed(who, datetime(2026, 2, 1, tzinfo=UTC))
    (who.folder / CERTIFICATE).write_text(ended)
    who = load(who.folder)
    ServerTime(_Of1970(), who.folder / TIME_FILE).pair(ms(2026), 0)
    outbox = Outbox(who.folder / FILE, who)
    publisher = Publisher(who, outbox, clock=_Of1970())
    said = threading.Event()
    outbox.changes.subscribe(
        lambda: said.set() if publisher.connection == "expired" else None
    )
    publisher.start()
    try:
        assert said.wait(PATIENCE)
        outbox.record(making.event(who.device), making.TESS)
        assert outbox.counts().events == 1
    finally:
        publisher.stop()
        outbox.close()
        broker.kill()
