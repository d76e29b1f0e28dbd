"""The kiosk's requests against a real bay with a real outbox."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from httpx import Response

from edge_agent.camera import CameraError, CameraFeed
from edge_agent.camera.virtual import VirtualSource
from edge_agent.kiosk import Notices, build_app
from edge_agent.kiosk.guard import allowed_hosts

from . import kiosk_bay as kb
from .kiosk_bay import KioskBay

URL = "http://127.0.0.1:8080"
HOSTS = allowed_hosts("127.0.0.1", 8080)


class Kiosk:
    """A page's view of the kiosk."""

    def __init__(self, world: KioskBay, feed: CameraFeed, notices: Notices) -> None:
        self.world = world
        self.notices = notices
        app = build_app(world.bay, feed, notices, HOSTS, typed=world.bay.scanned)
        self.client = TestClient(app, base_url=URL, headers={"Origin": URL})

    def view(self, lang: str | None = None) -> dict[str, Any]:
        response = self.client.get("/api/view", params={"lang": lang} if lang else {})
        assert response.status_code == 200
        view: dict[str, Any] = response.json()
        return view

    def post(self, path: str, **body: Any) -> Response:
        response: Response = self.client.post(path, json=body)
        return response

    def come(self, person: int = kb.LI_WEI) -> None:
        """Somebody shows badge and sheet."""
        self.world.come(person)

    def node(self, code: str, job: int = kb.PADS) -> dict[str, Any]:
        jobs = self.view("en_US")["order"]["jobs"]
        nodes = next(each for each in jobs if each["id"] == job)["nodes"]
        found: dict[str, Any] = next(each for each in nodes if each["code"] == code)
        return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[KioskBay]:
    world = KioskBay.within(tmp_path)
    yield world
    world.close()


@pytest.fixture
def feed(world: KioskBay) -> Iterator[CameraFeed]:
    desk = world.folder / "desk"
    desk.mkdir()
    brakes = np.full((600, 1000, 3), (40, 60, 150), np.uint8)
    assert cv2.imwrite(str(desk / "photo-brakes.jpg"), brakes)
    feed = CameraFeed(lambda: VirtualSource(desk))
    feed.start()
    assert feed.wait_frame(after=0, timeout=20)
    yield feed
    feed.stop()


@pytest.fixture
def kiosk(world: KioskBay, feed: CameraFeed) -> Kiosk:
    return Kiosk(world, feed, Notices())


@pytest.fixture
def dark(world: KioskBay) -> Iterator[Kiosk]:
    """A kiosk whose camera is unplugged."""

    def unplugged() -> VirtualSource:
        raise CameraError("/dev/video0 cannot be opened")

    feed = CameraFeed(unplugged)
    feed.start()
    yield Kiosk(world, feed, Notices())
    feed.stop()


# --- what is shown ---------------------------------------------------------------


def test_a_bay_without_a_board_says_so(kiosk: Kiosk) -> None:
    view = kiosk.view()
    assert view["board"] == 0
    assert view["person"] is None
    assert view["notice"] is None


def test_language_is_the_boards_then_the_persons_and_can_be_forced(
    kiosk: Kiosk,
) -> None:
    kiosk.world.send_board(lang="en_US")
    assert kiosk.view()["lang"] == "en_US"
    kiosk.come(kb.LI_WEI)
    view = kiosk.view()
    assert view["lang"] == "zh_CN"
    assert view["order"]["jobs"][0]["name"] == "更换前制动片"
    assert kiosk.view("en_US")["order"]["jobs"][0]["name"] == "Replace front brake pads"
    assert kiosk.client.get("/api/view?lang=../..").status_code == 422


def test_health_says_whether_the_camera_sees(kiosk: Kiosk) -> None:
    answer = kiosk.client.get("/health").json()
    assert answer["status"] == "ok"
    assert answer["camera"] is None


# --- confirming ------------------------------------------------------------------


def test_recorded_is_said_only_of_what_the_disk_has(kiosk: Kiosk) -> None:
    kiosk.world.send_board()
    kiosk.come()
    answer = kiosk.post("/api/confirm", job=kb.PADS, node="start")
    assert answer.status_code == 200
    batch = kiosk.world.outbox.open_batch()
    assert batch
    assert (batch.first, batch.last) == (answer.json()["seq"],) * 2
    assert kiosk.view()["recent"][0]["uuid"] == answer.json()["uuid"]
    assert kiosk.view()["recent"][0]["result"] == "waiting"
    kiosk.world.answer(result="accepted", effect="applied")
    assert kiosk.view()["recent"][0]["result"] == "accepted"


def test_held_and_rejected_come_back_in_words_and_stay_open(kiosk: Kiosk) -> None:
    kiosk.world.send_board()
    kiosk.come()
    kiosk.post("/api/confirm", job=kb.PADS, node="start")
    kiosk.world.answer(result="accepted", effect="held", code="overtaken")
    view = kiosk.view("en_US")
    assert view["recent"][0]["result"] == "held"
    assert "went on elsewhere" in view["recent"][0]["text"]
    assert [issue["result"] for issue in view["issues"]] == ["held"]
    kiosk.post("/api/confirm", job=kb.OIL, node="start")
    kiosk.world.answer(result="rejected", code="sheet_mismatch")
    view = kiosk.view("en_US")
    assert view["recent"][0]["result"] == "rejected"
    assert "Print it anew" in view["recent"][0]["text"]


@pytest.mark.parametrize(
    ("person", "body", "code"),
    [
        (None, {"job": kb.PADS, "node": "start"}, "scan_badge_first"),
        (kb.LI_WEI, {"job": kb.PADS, "node": "finish"}, "node_not_now"),
        (kb.LI_WEI, {"job": kb.PADS, "node": "polish"}, "node_unknown"),
        (kb.LI_WEI, {"job": 999, "node": "start"}, "order_unknown_here"),
        (kb.WANG_FANG, {"job": kb.PADS, "node": "start"}, "role_missing"),
    ],
)
def test_a_refused_confirmation_is_worded_and_records_nothing(
    kiosk: Kiosk, person: int | None, body: dict[str, Any], code: str
) -> None:
    kiosk.world.send_board()
    if person:
        kiosk.come(person)
    answer = kiosk.post("/api/confirm", **body)
    assert answer.status_code == 409
    assert answer.json()["code"] == code
    assert answer.json()["text"]
    assert kiosk.world.outbox.open_batch() is None


def test_without_an_order_the_sheet_is_asked_for(kiosk: Kiosk) -> None:
    kiosk.world.send_board()
    kiosk.world.bay.scanned(kb.badge())
    answer = kiosk.post("/api/confirm", job=kb.PADS, node="start")
    assert (answer.status_code, answer.json()["code"]) == (409, "scan_order_first")


def test_a_pause_wants_one_of_its_reasons(kiosk: Kiosk) -> None:
    kiosk.world.send_board()
    kiosk.come()
    kiosk.post("/api/confirm", job=kb.PADS, node="start")
    assert len(kiosk.node("pause")["reasons"]) == 6
    refused = kiosk.post("/api/confirm", job=kb.PADS, node="pause")
    assert (refused.status_code, refused.json()["code"]) == (409, "reason_missing")
    body = {"job": kb.PADS, "node": "pause", "reason": "parts"}
    assert kiosk.post("/api/confirm", **body).status_code == 200


def test_nodes_of_others_are_shown_shut_with_the_reason(kiosk: Kiosk) -> None:
    kiosk.world.send_board()
    kiosk.come(kb.WANG_FANG)
    node = kiosk.node("start")
    assert node["may"] is False
    assert "does not allow" in node["refusal"]["text"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"job": "one", "node": "start"},
        {"job": -1, "node": "start"},
        {"job": kb.PADS, "node": "DROP TABLE"},
        {"job": kb.PADS, "node": "start", "at": 1},
    ],
)
def test_a_malformed_confirmation_is_refused(
    kiosk: Kiosk, body: dict[str, Any]
) -> None:
    kiosk.world.send_board()
    kiosk.come()
    assert kiosk.post("/api/confirm", **body).status_code == 422
    assert kiosk.world.outbox.open_batch() is None


def test_leaving_ends_the_session(kiosk: Kiosk) -> None:
    kiosk.world.send_board()
    kiosk.come()
    assert kiosk.post("/api/leave").status_code == 204
    view = kiosk.view()
    assert view["person"] is None
    assert view["order"] is None


# --- photos ----------------------------------------------------------------------


def test_a_node_that_demands_a_photo_takes_it_along(kiosk: Kiosk) -> None:
    kiosk.world.send_board()
    kiosk.come()
    kiosk.post("/api/confirm", job=kb.PADS, node="start")
    refused = kiosk.post("/api/confirm", job=kb.PADS, node="finish")
    assert (refused.status_code, refused.json()["code"]) == (409, "photos_missing")
    taken = kiosk.post("/api/photo")
    assert taken.status_code == 200
    sha256 = taken.json()["sha256"]
    assert [photo["sha256"] for photo in kiosk.view()["photos"]] == [sha256]
    assert kiosk.post("/api/confirm", job=kb.PADS, node="finish").status_code == 200
    batch = kiosk.world.outbox.open_batch()
    assert batch
    assert sha256 in kiosk.world.outbox.media.known()
    assert kiosk.view()["photos"] == []


def test_a_photo_shows_what_the_camera_saw(kiosk: Kiosk) -> None:
    kiosk.world.send_board()
    kiosk.come()
    sha256 = kiosk.post("/api/photo").json()["sha256"]
    response = kiosk.client.get(f"/api/photo/{sha256}")
    assert response.headers["content-type"] == "image/jpeg"
    image = cv2.imdecode(np.frombuffer(response.content, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert image.shape == (720, 1280, 3)
    assert image[..., 2].mean() == pytest.approx(150, abs=6)


def test_a_photo_can_be_taken_back(kiosk: Kiosk) -> None:
    kiosk.world.send_board()
    kiosk.come()
    sha256 = kiosk.post("/api/photo").json()["sha256"]
    for _ in range(2):  # a second tap is no error
        assert kiosk.post(f"/api/photo/{sha256}/discard").status_code == 204
    assert kiosk.view()["photos"] == []
    assert kiosk.client.get(f"/api/photo/{sha256}").status_code == 404


def test_no_photo_without_a_person_and_an_order(kiosk: Kiosk) -> None:
    kiosk.world.send_board()
    answer = kiosk.post("/api/photo")
    assert (answer.status_code, answer.json()["code"]) == (409, "scan_badge_first")


@pytest.mark.parametrize("name", ["abc", "0" * 63, "..%2f..%2fdevice.key", "A" * 64])
def test_only_a_hash_names_a_photo(kiosk: Kiosk, name: str) -> None:
    assert kiosk.client.get(f"/api/photo/{name}").status_code in (404, 422)


def test_live_view_is_a_small_jpeg(kiosk: Kiosk) -> None:
    response = kiosk.client.get("/api/live.jpg")
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    image = cv2.imdecode(np.frombuffer(response.content, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert image.shape == (360, 640, 3)


def test_without_a_camera_the_rest_goes_on(
    dark: Kiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_agent.kiosk.app.LIVE_SECONDS", 0.05)
    dark.world.send_board()
    dark.come()
    assert dark.client.get("/api/live.jpg").status_code == 503
    photo = dark.post("/api/photo")
    assert (photo.status_code, photo.json()["code"]) == (503, "camera")
    assert dark.post("/api/confirm", job=kb.PADS, node="start").status_code == 200
    assert dark.view()["camera"] == "/dev/video0 cannot be opened"


# --- notices ---------------------------------------------------------------------


def test_a_refused_scan_is_told_until_a_good_one(kiosk: Kiosk) -> None:
    kiosk.world.send_board()
    kiosk.notices.scanned(kiosk.world.bay.scanned("https://elsewhere.example/"))
    first = kiosk.view()["notice"]
    assert first["code"] == "foreign_code"
    assert first["text"]
    kiosk.notices.scanned(kiosk.world.bay.scanned("https://elsewhere.example/"))
    assert kiosk.view()["notice"]["number"] == first["number"] + 1
    kiosk.notices.scanned(kiosk.world.bay.scanned(kb.badge()))
    assert kiosk.view()["notice"] is None


def test_a_page_that_loads_later_knows_how_old_a_notice_is(kiosk: Kiosk) -> None:
    now = 10.0
    notices = Notices(clock=lambda: now)
    notices.scanned(kiosk.world.bay.scanned(kb.sheet()))
    now = 73.5
    last = notices.last()
    assert last
    assert last.age_ms == 63500
