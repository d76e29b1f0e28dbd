"""What a page may bring to the scanner, and what it may not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from edge_agent.attendant import Attendant
from edge_agent.camera import CameraFeed, Handed
from edge_agent.camera.browser import BrowserSource
from edge_agent.kiosk import Notices, build_app
from edge_agent.kiosk.guard import allowed_hosts
from edge_agent.kiosk.scanning import MAX_FRAME_BYTES
from edge_agent.panel.fakes import FakePanel
from edge_agent.scan import Scanner

from . import kiosk_bay as kb
from .kiosk_bay import KioskBay
from .test_camera_browser import LAPTOP, PHONE, bomb, jpeg

URL = "http://127.0.0.1:8080"
JPEG = {"Content-Type": "image/jpeg"}


class Kiosk:
    """A kiosk with a real scanner behind it; ``client`` is its own page."""

    def __init__(self, world: KioskBay, handed: Handed | None) -> None:
        self.world = world
        self.notices = Notices()
        attendant = Attendant(world.bay, FakePanel(), self.notices)
        feed = CameraFeed(lambda: BrowserSource(handed or Handed()))
        self.scanner = Scanner(feed, attendant.scanned, on_crowd=attendant.crowded)
        hosts = allowed_hosts("127.0.0.1", 8080)
        self.app: FastAPI = build_app(
            world.bay,
            feed,
            self.notices,
            hosts,
            typed=self.scanner.typed,
            handed=handed,
        )
        self.client = TestClient(self.app, base_url=URL, headers={"Origin": URL})

    def type(self, *readings: str) -> int:
        answer = self.client.post("/api/scan", json={"readings": readings})
        return int(answer.status_code)

    def hand(self, data: bytes, page: str = PHONE, **headers: str) -> int:
        answer = self.client.post(
            f"/api/frame?page={page}", content=data, headers={**JPEG, **headers}
        )
        return int(answer.status_code)


class Clock:
    """Half a second goes by between any two looks at it."""

    now = 10.0

    def __call__(self) -> float:
        self.now += 0.5
        return self.now


@pytest.fixture
def world(tmp_path: Path) -> Iterator[KioskBay]:
    world = KioskBay.within(tmp_path)
    world.send_board()
    yield world
    world.close()


@pytest.fixture
def kiosk(world: KioskBay) -> Kiosk:
    return Kiosk(world, Handed(Clock()))


# --- a hand-held scanner's keys --------------------------------------------------


def test_badge_and_sheet_may_be_typed(kiosk: Kiosk) -> None:
    assert kiosk.type(kb.badge(), kb.badge()) == 204
    assert kiosk.type("]Q1" + kb.sheet()) == 204
    view = kiosk.world.bay.view("en_US")
    assert view.person
    assert view.order
    assert view.person.name == "李伟"
    assert kiosk.notices.last() is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("https://elsewhere.example/o/menu", "foreign_code"),
        ("1HGCM82633A004352", "vin_here"),
        ("1K0 615 301 AA", "part_here"),
        ("A" * 4000, "foreign_code"),
    ],
)
def test_a_foreign_code_is_answered_with_a_sentence(
    kiosk: Kiosk, text: str, code: str
) -> None:
    assert kiosk.type(text, text) == 204
    notice = kiosk.notices.last()
    assert notice
    assert notice.code == code
    assert notice.text != code


def test_the_same_code_typed_twice_is_one_scan(kiosk: Kiosk) -> None:
    for _ in range(3):
        kiosk.type("https://elsewhere.example/")
    notice = kiosk.notices.last()
    assert notice
    assert notice.number == 1


@pytest.mark.parametrize(
    "body",
    [
        {"readings": []},
        {"readings": ["a", "b", "c"]},
        {"readings": ["A" * 4001]},
        {"readings": [7]},
        {"readings": ["a"], "as": "badge"},
        {},
    ],
)
def test_malformed_keys_are_refused(kiosk: Kiosk, body: object) -> None:
    assert kiosk.client.post("/api/scan", json=body).status_code == 422


def test_another_page_cannot_scan(kiosk: Kiosk) -> None:
    foreign = TestClient(kiosk.app, base_url=URL, headers={"Origin": "http://evil"})
    answer = foreign.post("/api/scan", json={"readings": [kb.badge()]})
    assert answer.status_code == 403
    assert kiosk.world.bay.view().person is None


# --- a browser's camera ----------------------------------------------------------


def test_the_page_is_told_whether_to_lend_its_camera(
    kiosk: Kiosk, world: KioskBay
) -> None:
    assert kiosk.client.get("/api/view").json()["lends"] is True
    assert Kiosk(world, None).client.get("/api/view").json()["lends"] is False


def test_where_the_bay_has_a_camera_no_frame_is_taken(world: KioskBay) -> None:
    assert Kiosk(world, None).hand(jpeg()) == 415


def test_frames_of_one_page_are_taken(kiosk: Kiosk) -> None:
    assert kiosk.hand(jpeg()) == 204
    assert kiosk.hand(jpeg(), page=LAPTOP) == 409
    assert kiosk.hand(jpeg()) == 204


@pytest.mark.parametrize(
    "data", [b"", b"no picture", jpeg()[:3000], jpeg(width=4000, height=3000), bomb()]
)
def test_hostile_frames_are_refused(kiosk: Kiosk, data: bytes) -> None:
    assert kiosk.hand(data) == 422


def test_a_large_frame_is_refused_before_it_is_read(kiosk: Kiosk) -> None:
    assert kiosk.hand(bytes(MAX_FRAME_BYTES + 1)) == 413

    def endless() -> Iterator[bytes]:
        yield from (bytes(1000) for _ in range(3))

    answer = kiosk.client.post(
        f"/api/frame?page={PHONE}", content=endless(), headers=JPEG
    )
    assert answer.status_code == 413


def test_too_many_frames_are_refused(world: KioskBay) -> None:
    kiosk = Kiosk(world, Handed(lambda: 10.0))
    assert kiosk.hand(jpeg()) == 204
    assert kiosk.hand(jpeg()) == 429


@pytest.mark.parametrize("page", ["", "x", "A" * 32, "a" * 33])
def test_a_page_has_a_number_of_its_own(kiosk: Kiosk, page: str) -> None:
    assert kiosk.hand(jpeg(), page=page) == 422


def test_nobody_else_hands_frames_over(kiosk: Kiosk) -> None:
    assert kiosk.hand(jpeg(), Origin="http://evil.example") == 403
    assert kiosk.hand(jpeg(), Host="evil.example", Origin="http://evil.example") == 421
    assert kiosk.hand(jpeg(), **{"Content-Type": "text/plain"}) == 415
    bare = TestClient(kiosk.app, base_url=URL)
    path = f"/api/frame?page={PHONE}"
    assert bare.post(path, content=jpeg(), headers=JPEG).status_code == 403
