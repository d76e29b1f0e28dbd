"""The uploader against a real HTTPS server whose certificate our authority signed."""

import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from edge_agent import identity
from edge_agent.clock import FakeClock
from edge_agent.identity import Identity
from edge_agent.media import FOLDER, MEGABYTE, MediaStore
from edge_agent.outbox import FILE, Outbox
from edge_agent.server_time import ServerTime
from edge_agent.uploader import FIRST_WAIT, Uploader
from workbay_contract import media as contract_media
from workbay_contract.types import sha256

from . import making
from .authority import Authority
from .test_media import answered, name_in_event, photo


class Bridge(ThreadingHTTPServer):
    """Answers as told; keeps what came."""

    def __init__(self, authority: Authority) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authority.server())
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.status = 201
        self.came: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"https://localhost:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Bridge

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def bridge(authority: Authority) -> Iterator[Bridge]:
    server = Bridge(authority)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class World:
    def __init__(self, bay: Identity) -> None:
        self.bay = bay
        self.outbox = Outbox(bay.folder / FILE, bay)
        self.store = MediaStore(bay.folder / FOLDER, self.outbox, 16 * MEGABYTE, 0)
        self.time = ServerTime(FakeClock())
        self.uploader = Uploader(bay, self.outbox, self.store, self.time)

    def accepted_photo(self, seed: int = 1) -> str:
        kept = self.store.keep(photo(seed))
        name_in_event(self.outbox, self.bay, kept)
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
    [(path, headers, body)] = bridge.came
    assert path == f"/media/{kept.sha256}"
    assert sha256(body) == kept.sha256
    assert headers["Content-Type"] == "image/jpeg"
    contract_media.check_upload(
        world.bay.key.public_key(),
        headers[contract_media.HEADER_DEVICE],
        kept.sha256,
        int(headers[contract_media.HEADER_TIME]),
        headers[contract_media.HEADER_SIGNATURE],
        now=making.SERVER_MS,
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
    bridge.status = 200
    assert world.uploader.step(FIRST_WAIT)
    assert world.state() == ["uploaded"]


@pytest.mark.parametrize("status", [409, 413, 415])
def test_what_is_never_taken_is_set_apart_with_its_reason(
    world: World, bridge: Bridge, status: int
) -> None:
    world.accepted_photo()
    bridge.status = status
    assert world.uploader.step(0)
    assert not world.uploader.step(1000)
    assert world.state() == ["quarantined"]
    assert world.outbox.counts().media_stuck == 1


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


def test_a_lost_file_is_set_apart(world: World) -> None:
    path = world.store.path(world.accepted_photo())
    assert path is not None
    path.unlink()
    assert world.uploader.step(0)
    assert world.state() == ["quarantined"]


def test_the_thread_uploads_by_itself_and_stops(world: World, bridge: Bridge) -> None:
    world.uploader.start()
    world.accepted_photo()
    deadline = time.monotonic() + 20
    while world.state() != ["uploaded"]:
        assert time.monotonic() < deadline
        world.outbox.changes.wait(world.outbox.changes.version, 0.1)
    world.uploader.stop()
