"""Pictures of the steps: fetched from a real HTTPS server, checked, kept in bounds."""

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from edge_agent.clock import FakeClock
from edge_agent.errands import FIRST_WAIT
from edge_agent.outbox import FILE, Outbox
from edge_agent.picture_fetcher import PictureFetcher
from edge_agent.picture_store import FOLDER, PictureStore
from edge_agent.server_time import ServerTime
from workbay_contract import media, pictures
from workbay_contract.board import BoardStep, read_board
from workbay_contract.types import sha256

from . import making
from .authority import Authority


def drawn(number: int) -> bytes:
    return pictures.JPEG_START + bytes([number]) * 2000


ONE, TWO, THREE = drawn(1), drawn(2), drawn(3)


class Bridge(ThreadingHTTPServer):
    """Gives what it has, whatever its name says."""

    def __init__(self, authority: Authority) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authority.server())
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.files = {sha256(each): each for each in (ONE, TWO, THREE)}
        self.status = 200
        self.came: list[tuple[str, dict[str, str]]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Bridge

    def do_GET(self) -> None:
        self.server.came.append((self.path, dict(self.headers)))
        body = self.server.files.get(self.path.removeprefix("/pictures/"))
        status = self.server.status if body is not None else 404
        self.send_response(status)
        if status == 503:
            self.send_header("Retry-After", "7")
        body = body if body is not None and status == 200 else b""
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class World:
    def __init__(self, authority: Authority, folder: Path, url: str) -> None:
        self.authority = authority
        self.bay = authority.enrol(folder, "dev-00000001", [1], url)
        self.outbox = Outbox(folder / FILE, self.bay)
        self.folder = folder / FOLDER
        self.store = PictureStore(self.folder)
        self.time = ServerTime(FakeClock())
        self.time.pair(making.SERVER_MS, FakeClock().mono_ms())
        self.fetcher = self.started()
        self.version = 0

    def started(self) -> PictureFetcher:
        return PictureFetcher(self.bay, self.outbox, self.store, self.time)

    def board(self, *shown: bytes | None) -> None:
        """Odoo publishes a board whose steps show these pictures."""
        self.version += 1
        steps = tuple(
            BoardStep(name={"en_US": "Look"}, picture=each and sha256(each))
            for each in shown
        )
        made = making.board(self.bay, self.version, procedures={1: steps})
        message = making.board_message(self.authority.odoo, made)
        read = read_board(self.authority.odoo.public_key(), message)
        assert self.outbox.store_board(message, read)

    def here(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}


@pytest.fixture
def bridge(authority: Authority) -> Iterator[Bridge]:
    server = Bridge(authority)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def world(authority: Authority, bridge: Bridge, tmp_path: Path) -> Iterator[World]:
    url = f"https://localhost:{bridge.server_address[1]}"
    world = World(authority, tmp_path / "bay", url)
    yield world
    world.outbox.close()


def test_what_the_board_names_is_fetched_once_signed_with_odoos_time(
    world: World, bridge: Bridge
) -> None:
    world.board(ONE, None, TWO, ONE)
    assert world.fetcher.step(0)
    assert world.fetcher.step(0)
    assert not world.fetcher.step(0)
    assert [path for path, _ in bridge.came] == [
        pictures.path(sha256(ONE)),
        pictures.path(sha256(TWO)),
    ]
    headers = bridge.came[0][1]
    pictures.check_fetch(
        world.bay.key.public_key(),
        headers[media.HEADER_DEVICE],
        sha256(ONE),
        int(headers[media.HEADER_TIME]),
        headers[media.HEADER_SIGNATURE],
        now=making.SERVER_MS,
    )
    path = world.store.path(sha256(ONE))
    assert path
    assert path.read_bytes() == ONE


@pytest.mark.parametrize(
    "wrong",
    [TWO, b"", b"<svg/>" * 100, pictures.JPEG_START * pictures.MAX_BYTES],
    ids=["other", "empty", "svg", "too large"],
)
def test_other_bytes_are_not_kept_and_right_ones_are_later(
    world: World, bridge: Bridge, wrong: bytes
) -> None:
    name = sha256(ONE)
    bridge.files[name] = wrong
    world.board(ONE, TWO)
    assert world.fetcher.step(0)
    assert name not in world.store
    assert world.fetcher.step(0), "the others do not wait for it"
    assert sha256(TWO) in world.store
    assert not world.fetcher.step(FIRST_WAIT - 0.1)
    bridge.files[name] = ONE
    assert world.fetcher.step(FIRST_WAIT)
    assert name in world.store


@pytest.mark.parametrize("data", [b"<svg/>", pictures.JPEG_START * pictures.MAX_BYTES])
def test_what_is_no_picture_is_not_kept_even_under_its_own_hash(
    world: World, data: bytes
) -> None:
    with pytest.raises(ValueError, match=sha256(data)):
        world.store.keep(sha256(data), data, ())
    assert world.here() == set()


def test_not_there_means_later_and_a_busy_bridge_gets_its_time(
    world: World, bridge: Bridge
) -> None:
    unknown = drawn(9)
    world.board(unknown, ONE)
    bridge.status = 503
    assert world.fetcher.step(0)
    assert world.fetcher.step(0), "ONE is asked for too, and the bridge is busy"
    world.fetcher.linked()
    assert not world.fetcher.step(6.9)
    bridge.status = 200
    for _ in range(3):
        world.fetcher.step(7)
    assert world.here() == {sha256(ONE)}


def test_offline_it_waits_and_goes_on_when_the_bay_is_online(
    world: World, bridge: Bridge
) -> None:
    world.board(ONE)
    port, bridge.status = bridge.server_address[1], 200
    object.__setattr__(world.bay, "media_url", "https://localhost:1")
    assert world.fetcher.step(0)
    assert not world.fetcher.step(1)
    object.__setattr__(world.bay, "media_url", f"https://localhost:{port}")
    world.fetcher.linked()
    assert world.fetcher.step(1)
    assert world.here() == {sha256(ONE)}


def test_without_odoos_time_nothing_can_be_signed(world: World, bridge: Bridge) -> None:
    world.board(ONE)
    world.time = ServerTime(FakeClock())
    assert not world.started().step(0)
    assert not bridge.came


def test_after_a_restart_it_stands_on_the_disk_and_what_is_spoilt_comes_anew(
    world: World, bridge: Bridge
) -> None:
    world.board(ONE, TWO)
    while world.fetcher.step(0):
        pass
    (world.folder / sha256(TWO)).write_bytes(TWO[:-1])
    (world.folder / (sha256(THREE) + ".part")).write_bytes(b"half")
    bridge.came.clear()
    world.store = PictureStore(world.folder)
    assert world.here() == {sha256(ONE)}
    again = world.started()
    assert again.step(0)
    assert not again.step(0)
    assert [path for path, _ in bridge.came] == [pictures.path(sha256(TWO))]


def test_a_bay_starts_whatever_lies_among_its_pictures(world: World) -> None:
    (world.folder / sha256(ONE)).mkdir()
    (world.folder / sha256(TWO)).write_bytes(TWO)
    store = PictureStore(world.folder)
    assert (sha256(ONE) in store, sha256(TWO) in store) == (False, True)


def test_what_no_board_names_goes_when_room_is_needed(world: World) -> None:
    world.store = PictureStore(world.folder, most=2)
    world.fetcher = world.started()
    for shown in (ONE, TWO):
        world.board(shown)
        assert world.fetcher.step(0)
    assert world.here() == {sha256(ONE), sha256(TWO)}
    world.board(TWO, THREE)
    assert world.fetcher.step(0)
    assert world.here() == {sha256(TWO), sha256(THREE)}
    world.board(ONE, TWO, THREE)
    assert not world.fetcher.step(0), "no more than there is room for"
    assert world.here() == {sha256(TWO), sha256(THREE)}


def test_the_events_part_of_the_disk_is_left_to_them(
    world: World, bridge: Bridge
) -> None:
    world.store = PictureStore(world.folder, reserve=2**60)
    world.board(ONE)
    world.fetcher = world.started()
    assert world.fetcher.step(0)
    assert not world.fetcher.step(1)
    assert world.here() == set()


def test_the_thread_fetches_by_itself_and_ends(world: World) -> None:
    before = world.outbox.changes.version
    world.fetcher.start()
    world.board(ONE)
    seen = before
    for _ in range(100):
        seen = world.outbox.changes.wait(seen, 0.1)
        if sha256(ONE) in world.store:
            break
    world.fetcher.stop()
    assert world.here() == {sha256(ONE)}
