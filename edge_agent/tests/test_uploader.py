"""The uploader against a real HTTPS server whose certificate our authority signed."""

import json
import os
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from edge_agent import identity
from edge_agent.clock import FakeClock
from edge_agent.errands import CHUNK, FIRST_WAIT, LONGEST_WAIT, PATIENCE, Backoff
from edge_agent.identity import Identity
from edge_agent.media import FOLDER, MEGABYTE, MediaStore
from edge_agent.outbox import FILE, Outbox
from edge_agent.server_time import ServerTime
from edge_agent.uploader import TRIES, Uploader
from workbay_contract import media as contract_media
from workbay_contract.types import sha256
from workbay_contract.wording import word

from . import making
from .authority import Authority
from .test_media import answered, name_in_event, photo


class Bridge(ThreadingHTTPServer):
    """Takes what comes by range, and answers as told once it is whole.

    :ivar cut: after so many bytes of a request its connection breaks; None: never.
    """

    def __init__(self, authority: Authority, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authority.server())
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.status = 201
        self.code = ""
        self.cut: int | None = None
        self.parts: dict[str, bytearray] = {}
        self.came: list[tuple[str, str, dict[str, str], bytes]] = []
        self.given_up: list[str] = []
        self.refuses: int | None = None

    @property
    def url(self) -> str:
        return f"https://localhost:{self.server_address[1]}"

    def bodies(self) -> list[bytes]:
        return [body for method, _, _, body in self.came if method == "PUT"]


class _Handler(BaseHTTPRequestHandler):
    server: Bridge

    def do_HEAD(self) -> None:
        self._note(b"")
        if self.server.status in (401, 404, 500, 503):
            self._say(self.server.status)
        else:
            self._so_far(204)

    def do_PUT(self) -> None:
        size = int(self.headers["Content-Length"])
        cut = self.server.cut
        body = self.rfile.read(size if cut is None else min(cut, size))
        self._note(body)
        part = self.server.parts.setdefault(self.path, bytearray())
        span = contract_media.Range.parse(self.headers["Content-Range"])
        if span.first != len(part):
            self._so_far(416)
            return
        part += body
        if len(body) < size:
            self.close_connection = True
        elif len(part) < span.size:
            self._so_far(204)
        else:
            if self.server.status not in (201, 500, 503):
                del self.server.parts[self.path]
            self._say(self.server.status, self.server.code)

    def do_DELETE(self) -> None:
        self._note(b"")
        self.server.given_up.append(self.path.partition("?reason=")[2])
        unwell = 503 if self.server.status == 503 else 204
        self._say(self.server.refuses or unwell)

    def _note(self, body: bytes) -> None:
        said = (self.command, self.path, dict(self.headers), body)
        self.server.came.append(said)

    def _so_far(self, status: int) -> None:
        part = self.server.parts.get(self.path, b"")
        self.send_response(status)
        self.send_header(contract_media.OFFSET, str(len(part)))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _say(self, status: int, code: str = "") -> None:
        body = json.dumps({"code": code}).encode() if code else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def running(authority: Authority, port: int = 0) -> Iterator[Bridge]:
    server = Bridge(authority, port)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def bridge(authority: Authority) -> Iterator[Bridge]:
    with running(authority) as server:
        yield server


class World:
    def __init__(self, bay: Identity) -> None:
        self.bay = bay
        self.outbox = Outbox(bay.folder / FILE, bay)
        self.store = MediaStore(bay.folder / FOLDER, self.outbox, 16 * MEGABYTE, 0)
        self.time = ServerTime(FakeClock())
        self.uploader = Uploader(bay, self.outbox, self.store, self.time)

    def accepted_photo(self, seed: int = 1) -> str:
        kept = self.store.keep(photo(seed))
        name_in_event(self.outbox, self.bay, kept, self.store.not_kept([kept]))
        answered(self.outbox, "accepted", "applied")
        return kept.sha256

    def state(self) -> list[str]:
        return list(self.outbox.media.known().values())


@pytest.fixture
def world(authority: Authority, bridge: Bridge, tmp_path: Path) -> Iterator[World]:
    bay = authority.enrol(tmp_path / "bay", "dev-00000001", [1], bridge.url)
    world = World(bay)
    world.time.pair(making.SERVER_MS, FakeClock().mono_ms())
    yield world
    world.outbox.close()


def test_a_photo_goes_signed_with_odoos_time_once_its_event_is_accepted(
    world: World, bridge: Bridge
) -> None:
    kept = world.store.keep(photo())
    name_in_event(world.outbox, world.bay, kept)
    assert not world.uploader.step(0)
    answered(world.outbox, "accepted", "applied")
    assert world.uploader.step(0)
    assert [method for method, _, _, _ in bridge.came] == ["HEAD", "PUT"]
    assert sha256(bridge.came[1][3]) == kept.sha256
    assert bridge.came[1][2]["Content-Type"] == "image/jpeg"
    for method, path, headers, _ in bridge.came:
        assert path == f"/media/{kept.sha256}"
        contract_media.check_upload(
            world.bay.key.public_key(),
            headers[contract_media.HEADER_DEVICE],
            kept.sha256,
            int(headers[contract_media.HEADER_TIME]),
            headers[contract_media.HEADER_SIGNATURE],
            now=making.SERVER_MS,
            method=method,
        )
    assert world.state() == ["uploaded"]


def test_the_photo_of_a_held_event_goes_and_of_a_rejected_one_not(
    world: World, bridge: Bridge
) -> None:
    for seed, (result, effect) in enumerate(
        [("accepted", "held"), ("rejected", "none")]
    ):
        name_in_event(world.outbox, world.bay, world.store.keep(photo(seed)))
        answered(world.outbox, result, effect)
    assert world.uploader.step(0)
    assert not world.uploader.step(0)
    assert world.state() == ["uploaded", "rejected"]


def test_without_odoos_time_nothing_can_be_signed(world: World, bridge: Bridge) -> None:
    world.accepted_photo()
    world.time = ServerTime(FakeClock())
    unpaired = Uploader(world.bay, world.outbox, world.store, world.time)
    assert not unpaired.step(0)
    assert not bridge.came


def test_not_known_yet_means_later(world: World, bridge: Bridge) -> None:
    world.accepted_photo()
    bridge.status = 404
    assert world.uploader.step(0)
    assert not world.uploader.step(FIRST_WAIT - 0.1)
    assert bridge.bodies() == [], "nothing is sent that nobody awaits"
    bridge.status = 201
    assert world.uploader.step(FIRST_WAIT)
    assert world.state() == ["uploaded"]


@pytest.mark.parametrize(
    ("status", "said", "code"),
    [
        (413, "", "media_size"),
        (415, "media_type", "media_type"),
        (422, "media_unreadable", "media_unreadable"),
        (422, "<script>", "media_unreadable"),
    ],
)
def test_what_is_never_taken_is_set_apart_with_its_reason_and_odoo_is_told(
    world: World, bridge: Bridge, status: int, said: str, code: str
) -> None:
    name = world.accepted_photo()
    bridge.status, bridge.code = status, said
    assert world.uploader.step(0)
    assert not world.uploader.step(1000)
    assert world.state() == ["quarantined"]
    assert world.outbox.counts().media_stuck == 1
    [stuck] = world.outbox.media.stuck()
    assert (stuck.sha256, stuck.reason) == (name, code)
    assert bridge.given_up == [code]
    assert "again" in word(stuck.reason, {}, "en_US")
    assert word(stuck.reason, {}, "zh_CN") != word(stuck.reason, {}, "en_US")


def test_what_was_spoilt_on_its_way_is_sent_again_before_it_is_given_up(
    world: World, bridge: Bridge
) -> None:
    world.accepted_photo()
    bridge.status, bridge.code = 409, "media_hash"
    for number in range(TRIES):
        assert world.state() == ["ready"]
        assert world.uploader.step(1000.0 * number)
    assert world.state() == ["quarantined"]
    assert len(bridge.bodies()) == TRIES
    assert bridge.given_up == ["media_hash"]


def test_what_was_spoilt_at_the_bay_is_given_up_at_once(
    world: World, bridge: Bridge
) -> None:
    path = world.store.path(world.accepted_photo())
    assert path is not None
    path.write_bytes(bytes(path.stat().st_size))
    bridge.status, bridge.code = 409, "media_hash"
    assert world.uploader.step(0)
    assert bridge.given_up == ["media_hash"]


def test_nothing_is_given_up_before_odoo_has_heard_of_it(
    world: World, bridge: Bridge
) -> None:
    path = world.store.path(world.accepted_photo())
    assert path is not None
    path.unlink()
    bridge.status = 503
    assert world.uploader.step(0)
    assert world.state() == ["ready"]
    bridge.status = 201
    assert world.uploader.step(1000)
    assert bridge.given_up == ["media_lost", "media_lost"]
    assert world.state() == ["quarantined"]


def test_that_there_was_no_room_is_told_before_anything_is_brought(
    world: World, bridge: Bridge
) -> None:
    world.accepted_photo(1)
    world.store._budget = 0
    taken = world.store.keep(photo(2))
    name_in_event(world.outbox, world.bay, taken, {taken.sha256})
    assert world.uploader.step(0)
    assert bridge.given_up == [], "Odoo does not know its event yet"
    answered(world.outbox, "accepted", "applied")
    other = world.accepted_photo(3)
    del bridge.came[:]
    bridge.status = 503
    assert world.uploader.step(1)
    assert world.outbox.counts().media == 2
    bridge.status = 201
    assert world.uploader.step(1000)
    assert world.uploader.step(2000)
    assert not world.uploader.step(3000)
    assert bridge.given_up == ["media_no_room"] * 3
    told = [path.partition("?")[0] for _, path, _, _ in bridge.came]
    assert {taken.sha256, other} == {path.rpartition("/")[2] for path in told}
    # Nothing of it is here any more, and whoever took it was told then.
    assert world.state() == ["uploaded"]
    assert world.outbox.counts().media_stuck == 0
    assert world.outbox.counts().media == 0


def test_a_bridge_that_does_not_know_the_reason_yet_is_told_again(
    world: World, bridge: Bridge
) -> None:
    world.store._budget = 0
    world.accepted_photo()
    bridge.refuses = 422
    assert world.uploader.step(0)
    assert world.state() == ["ready"]
    assert not world.uploader.step(FIRST_WAIT - 0.1)
    bridge.refuses = None
    assert world.uploader.step(FIRST_WAIT)
    assert world.state() == []


def test_what_is_kept_the_second_time_is_brought(world: World, bridge: Bridge) -> None:
    world.store._budget = 0
    name = world.accepted_photo()
    world.store._budget = 16 * MEGABYTE
    kept = world.store.keep(photo())
    assert kept.sha256 != name
    again = world.store.keep(photo(1))
    assert again.sha256 == name
    name_in_event(world.outbox, world.bay, again)
    assert world.uploader.step(0)
    assert bridge.given_up == []
    assert world.state() == ["uploaded"]


def test_what_is_kept_while_it_is_given_up_is_not_forgotten(world: World) -> None:
    world.store._budget = 0
    name = world.accepted_photo()
    world.store._budget = 16 * MEGABYTE
    name_in_event(world.outbox, world.bay, world.store.keep(photo(1)))
    world.outbox.media.told(name)
    assert world.outbox.media.known() == {name: "ready"}


@pytest.mark.parametrize("cut", [0, 1, CHUNK - 1, CHUNK + 1])
def test_an_upload_goes_on_from_what_the_bridge_has(
    world: World, bridge: Bridge, cut: int
) -> None:
    name = world.accepted_photo()
    bridge.cut = cut
    assert world.uploader.step(0)
    bridge.cut = None
    assert not world.uploader.step(1), "a broken network is left alone for a while"
    assert world.uploader.step(1000)
    assert world.state() == ["uploaded"]
    first, rest = bridge.bodies()
    assert len(first) == cut
    assert sha256(first + rest) == name


def test_a_large_file_goes_in_pieces(
    world: World, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_agent.uploader.PIECE", 100_000)
    name = world.accepted_photo()
    assert world.uploader.step(0)
    pieces = bridge.bodies()
    assert len(pieces) > 2
    assert {len(piece) for piece in pieces[:-1]} == {100_000}
    assert sha256(b"".join(pieces)) == name


def test_another_bridge_gets_it_from_the_start(
    world: World, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The balancer before them sends each request where it likes."""
    monkeypatch.setattr("edge_agent.uploader.PIECE", 200_000)
    name = world.accepted_photo()
    answered, going = [], _Handler._so_far

    def moved(handler: _Handler, status: int) -> None:
        going(handler, status)
        answered.append(status)
        if len(answered) == 2:  # after the first piece
            handler.server.parts.clear()

    monkeypatch.setattr(_Handler, "_so_far", moved)
    assert world.uploader.step(0)
    assert 416 in answered
    assert sha256(bytes(bridge.parts[f"/media/{name}"])) == name
    assert world.state() == ["uploaded"]


def test_an_upload_is_silent_while_events_wait(
    world: World, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_agent.uploader.YIELD_SECONDS", 1.0)
    world.accepted_photo()
    world.outbox.record(making.event(world.bay.device), making.TESS)
    begun = time.monotonic()
    assert world.uploader.step(0)
    assert 1 < time.monotonic() - begun < 5, "but not for ever"
    assert world.state() == ["uploaded"]


def test_an_upload_keeps_to_its_rate(world: World, bridge: Bridge) -> None:
    path = world.store.path(world.accepted_photo())
    assert path is not None
    size = path.stat().st_size
    slow = Uploader(world.bay, world.outbox, world.store, world.time, rate=size)
    begun = time.monotonic()
    assert slow.step(0)
    assert 0.7 < time.monotonic() - begun < 3
    assert world.state() == ["uploaded"]


@pytest.mark.parametrize("status", [401, 500, 503])
def test_a_bridge_in_trouble_is_left_alone_for_a_while(
    world: World, bridge: Bridge, status: int
) -> None:
    world.accepted_photo(1)
    world.accepted_photo(2)
    bridge.status = status
    assert world.uploader.step(0)
    assert not world.uploader.step(1)
    assert len(bridge.came) == 1
    bridge.status = 201
    assert world.uploader.step(FIRST_WAIT)
    assert world.uploader.step(FIRST_WAIT)
    assert world.state() == ["uploaded", "uploaded"]


def test_whoever_was_away_is_tried_at_once_when_the_bay_is_online_again(
    world: World, bridge: Bridge
) -> None:
    world.accepted_photo()
    bridge.status = 503
    for now in (0, 10, 30):
        assert world.uploader.step(now)
    bridge.status = 201
    assert not world.uploader.step(31)
    world.uploader.linked()
    assert world.uploader.step(32)
    assert world.state() == ["uploaded"]


def test_a_bridge_that_asks_for_time_gets_it(
    world: World, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(handler: _Handler) -> None:
        handler.send_response(429)
        handler.send_header("Retry-After", "60")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    world.accepted_photo()
    with monkeypatch.context() as patch:
        patch.setattr(_Handler, "do_HEAD", wait)
        assert world.uploader.step(0)
    world.uploader.linked()
    assert not world.uploader.step(59)
    assert world.uploader.step(60)
    assert world.state() == ["uploaded"]


def test_a_busy_bridge_is_asked_again_before_long() -> None:
    backoff = Backoff()
    for _time in range(10):
        backoff.failed(0, least=1)
    assert backoff.until == PATIENCE
    backoff.failed(0)
    assert backoff.until == LONGEST_WAIT, "one that is away is left alone"


def test_a_server_of_another_authority_gets_nothing(
    world: World, bridge: Bridge, tmp_path: Path
) -> None:
    (tmp_path / "stranger").mkdir()
    stranger = Authority(tmp_path / "stranger")
    (world.bay.folder / identity.CA).write_bytes(stranger.certificate)
    world.accepted_photo()
    uploader = Uploader(world.bay, world.outbox, world.store, world.time)
    assert uploader.step(0)
    assert not bridge.came
    assert world.state() == ["ready"]


@pytest.mark.parametrize("left", [None, 100])
def test_a_lost_file_is_set_apart(
    world: World, bridge: Bridge, left: int | None
) -> None:
    path = world.store.path(world.accepted_photo())
    assert path is not None
    if left is None:
        path.unlink()
    else:
        os.truncate(path, left)
    assert world.uploader.step(0)
    assert world.state() == ["quarantined"]
    assert bridge.given_up == ["media_lost"]
    assert bridge.bodies() == []


def test_the_thread_uploads_by_itself_and_stops(world: World, bridge: Bridge) -> None:
    world.uploader.start()
    world.accepted_photo()
    deadline = time.monotonic() + 20
    while world.state() != ["uploaded"]:
        assert time.monotonic() < deadline
        world.outbox.changes.wait(world.outbox.changes.version, 0.1)
    world.uploader.stop()
