"""Videos at a bay, from its camera and from a phone, made by the real ffmpeg."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest
from fastapi.testclient import TestClient
from httpx import Response

from edge_agent.camera import CameraError, CameraFeed
from edge_agent.camera.virtual import VirtualSource
from edge_agent.filming import Filming
from edge_agent.kiosk import KioskServer, Notices, build_app
from edge_agent.kiosk.guard import allowed_hosts
from edge_agent.kiosk.pairing import Pairing
from edge_agent.kiosk.phone import build_phone_app
from edge_agent.media import MediaStore
from edge_agent.phone import Phones
from edge_agent.scan import Scanner
from edge_agent.view import Refusal
from tests.support.filming import film, from_an_iphone, streams
from workbay_contract import mp4
from workbay_contract.events import MediaRef, NodeEvent, decode_event

from . import kiosk_bay as kb
from .browsing import free_port
from .kiosk_bay import KioskBay
from .printed import sheet_image
from .test_phone import bearer

URL, PHONE = "http://127.0.0.1:8080", "http://192.168.7.20:8090"
BYTES = "application/octet-stream"


class World:
    """Li Wei at work before a bay's camera, with a phone paired."""

    def __init__(self, folder: Path) -> None:
        (folder / "desk").mkdir()
        self.kiosk = KioskBay.within(folder)
        self.kiosk.send_board()
        self.bay, self.media = self.kiosk.bay, self.kiosk.media
        self.feed = CameraFeed(lambda: VirtualSource(folder / "desk"))
        self.feed.start()
        self.filming = Filming(self.bay, self.media, self.feed)
        self.phones = Phones(self.bay)
        app = build_app(
            self.bay,
            self.feed,
            Notices(),
            allowed_hosts("127.0.0.1", 8080),
            typed=self.bay.scanned,
            filming=self.filming,
        )
        self.client = TestClient(app, base_url=URL, headers={"Origin": URL})
        phone = build_phone_app(self.bay, Pairing(self.phones, PHONE), self.filming)
        self.phone = TestClient(phone, base_url=PHONE, headers={"Origin": PHONE})
        self.come()
        assert self.post("/api/confirm", job=kb.PADS, node="start").status_code == 200
        code = self.phones.offer()
        assert isinstance(code, str)
        answer = self.phone.post("/api/phone/pair", json={"code": code})
        self.token = str(answer.json()["token"])

    def come(self, person: int = kb.LI_WEI) -> None:
        self.kiosk.come(person)

    def post(self, path: str, **body: Any) -> Response:
        response: Response = self.client.post(path, json=body)
        return response

    def view(self) -> dict[str, Any]:
        return dict(self.client.get("/api/view?lang=en_US").json())

    def send(self, data: bytes, **headers: str) -> Response:
        return self.phone.post(
            "/api/phone/video",
            content=data,
            headers={"Content-Type": BYTES, **bearer(self.token), **headers},
        )

    def seen(self) -> dict[str, Any]:
        answer = self.phone.get("/api/phone/view", headers=bearer(self.token))
        return dict(answer.json())

    def left(self) -> list[Path]:
        """Files that are being made, and those that are kept."""
        return [*self.media._making.iterdir(), *self.media._folder.iterdir()]

    def close(self) -> None:
        self.filming.close()
        self.feed.stop()
        self.kiosk.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


def wait(met: Callable[[], Any], seconds: float = 120) -> None:
    ends = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < ends, "it did not come about"
        time.sleep(0.05)


def test_a_recording_becomes_evidence_of_what_is_confirmed_next(world: World) -> None:
    assert world.view()["film"]["phase"] is None
    started = world.post("/api/video")
    assert (started.status_code, started.json()["phase"]) == (200, "recording")
    assert 50 < world.view()["film_left"] <= 60
    assert world.post("/api/video").json()["code"] == "video_busy"
    refused = world.post("/api/confirm", job=kb.PADS, node="finish")
    assert (refused.status_code, refused.json()["code"]) == (409, "video_coming")
    time.sleep(1.5)
    kept = world.post("/api/video/stop").json()
    view = world.view()
    assert view["photos"] == [{**kept, "kept": True}]
    assert (view["film"]["phase"], view["film_left"]) == (None, None)
    assert kept["type"] == "video/mp4"
    shown = world.client.get(
        f"/api/video/{kept['sha256']}", headers={"Range": "bytes=0-99"}
    )
    assert (shown.status_code, len(shown.content)) == (206, 100)
    assert shown.headers["content-type"] == "video/mp4"
    assert "media-src 'self'" in shown.headers["content-security-policy"]
    cover = world.client.get(f"/api/cover/{kept['sha256']}")
    assert cover.content.startswith(b"\xff\xd8\xff")
    assert world.post("/api/confirm", job=kb.PADS, node="finish").status_code == 200
    event = decode_event(world.kiosk.outbox.recent(1)[0].data)
    assert isinstance(event, NodeEvent)
    assert [media.model_dump() for media in event.media] == [kept]


def test_a_recording_ends_by_itself_and_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_agent.recorder.MAX_VIDEO_SECONDS", 1)
    world.post("/api/video")
    wait(lambda: world.view()["photos"])
    assert world.view()["film"]["phase"] is None
    [kept] = world.bay.view().photos
    path = world.bay.photo(kept.sha256)
    assert path is not None
    with path.open("rb") as file:
        assert 0.5 < mp4.read(file).seconds < 2


def test_codes_are_read_while_a_video_is_recorded(world: World, tmp_path: Path) -> None:
    read: list[str] = []
    scanner = Scanner(world.feed, read.append)
    scanner.start()
    world.post("/api/video")
    sheet = sheet_image(kb.sheet())
    assert cv2.imwrite(str(tmp_path / "desk" / "sheet.png"), sheet)
    wait(lambda: kb.sheet() in read)
    assert world.view()["film"]["phase"] == "recording"
    scanner.stop()
    assert world.post("/api/video/stop").status_code == 200


def test_a_video_is_retaken(world: World) -> None:
    world.post("/api/video")
    time.sleep(1)
    kept = world.post("/api/video/stop").json()["sha256"]
    assert world.post(f"/api/photo/{kept}/discard").status_code == 204
    assert world.view()["photos"] == []
    assert world.left() == []
    assert world.client.get(f"/api/video/{kept}").status_code == 404
    assert world.client.get(f"/api/cover/{kept}").status_code == 404


@pytest.mark.parametrize("end", ["given up", "leaves", "another person", "closed"])
def test_a_recording_that_is_given_up_leaves_nothing(world: World, end: str) -> None:
    world.post("/api/video")
    wait(lambda: world.left())
    if end == "given up":
        assert world.post("/api/video/cancel").status_code == 204
    elif end == "leaves":
        world.post("/api/leave")
    elif end == "another person":
        world.bay.scanned(kb.badge(kb.SMITH))
    else:
        world.filming.close()
    wait(lambda: not world.left())
    wait(lambda: world.filming.left() is None)
    assert world.view()["photos"] == []
    assert world.post("/api/video/stop").status_code == 409
    if end == "given up":
        assert world.post("/api/video").status_code == 200, "the next may begin at once"


def test_nobody_there_records_nothing(world: World) -> None:
    world.post("/api/leave")
    assert world.post("/api/video").json()["code"] == "scan_badge_first"
    assert world.left() == []


def test_without_a_picture_nothing_is_recorded(world: World) -> None:
    def dark() -> VirtualSource:
        raise CameraError("unplugged")

    filming = Filming(world.bay, world.media, CameraFeed(dark))
    with pytest.raises(CameraError):
        filming.record()
    assert filming.view().phase is None
    assert isinstance(world.filming.record(), type(None)), "the bay is free again"


def test_a_full_disk_refuses_before_anything_is_recorded(world: World) -> None:
    world.media._budget = 0
    assert world.post("/api/video").json()["code"] == "media_full"
    assert world.send(b"0" * 100).json()["code"] == "media_full"
    assert world.seen()["film"]["refusal"]
    world.media._budget, world.media._reserve = 2**28, 2**60
    assert world.post("/api/video").json()["code"] == "media_full"
    assert world.view()["film"]["phase"] is None
    assert world.left() == []


def test_a_disk_that_fills_while_recording_keeps_nothing_and_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[Refusal] = []
    world.filming.on_failure(said.append)
    monkeypatch.setattr("edge_agent.recorder.MAX_VIDEO_SECONDS", 1)
    world.post("/api/video")
    world.media._budget = 0
    wait(lambda: said)
    assert said[0].code == "media_full"
    wait(lambda: world.view()["film"]["phase"] is None)
    assert world.left() == []
    paused = world.post("/api/confirm", job=kb.PADS, node="pause", reason="parts")
    assert paused.status_code == 200


def test_an_iphones_video_is_made_at_the_bay(world: World, tmp_path: Path) -> None:
    sent = world.send(from_an_iphone(tmp_path / "phone.mov").read_bytes())
    assert sent.status_code == 202
    assert world.seen()["film"]["phase"] in ("making", None)
    wait(lambda: world.seen()["photos"] == 1)
    assert world.seen()["film"]["phase"] is None
    [kept] = world.bay.view().photos
    path = world.bay.photo(kept.sha256)
    assert path is not None
    assert streams(path)[0] == ("h264", "360", "640", "yuv420p")
    assert world.left() == [path]
    world.bay.confirm(kb.PADS, "finish")
    assert kept.sha256.encode() in world.kiosk.outbox.recent(1)[0].data


def test_how_far_the_making_is_can_be_seen(world: World, tmp_path: Path) -> None:
    large = film(tmp_path / "large.mp4", 20, "1920x1080").read_bytes()
    percents: set[int] = set()

    def seen() -> bool:
        view = world.seen()
        if view["film"]["phase"] == "making":
            percents.add(view["film"]["percent"])
        return bool(view["photos"])

    world.send(large)
    wait(seen, 120)
    assert len(percents) > 2
    assert all(0 <= percent <= 100 for percent in percents)


@pytest.mark.parametrize("end", ["given up", "leaves", "closed"])
def test_a_making_that_is_given_up_ends_at_once(
    world: World, tmp_path: Path, end: str
) -> None:
    large = film(tmp_path / "large.mp4", 50, "1920x1080").read_bytes()
    world.send(large)
    wait(lambda: any(path.suffix == ".bare" for path in world.left()))
    if end == "given up":
        world.post("/api/video/cancel")
    elif end == "leaves":
        world.post("/api/leave")
    else:
        world.filming.close()
    wait(lambda: not world.left(), 5)
    assert world.bay.view().photos == ()


@pytest.mark.parametrize(
    ("name", "code"),
    [("no video", "video_unreadable"), ("half", "video_unreadable")],
)
def test_what_is_no_video_is_refused_in_a_sentence(
    world: World, tmp_path: Path, name: str, code: str
) -> None:
    whole = film(tmp_path / "film.mp4").read_bytes()
    data = b"no video at all" if name == "no video" else whole[: len(whole) // 2]
    assert world.send(data).status_code == 202
    wait(lambda: world.seen()["film"]["refusal"])
    assert world.seen()["film"]["refusal"] == "视频无法识别，请重新录制。"
    assert world.left() == []
    # It holds nothing up, and the next one takes the word back.
    assert world.send(whole).status_code == 202
    wait(lambda: world.seen()["photos"] == 1)
    assert world.seen()["film"]["refusal"] is None


def test_a_video_that_is_too_long_is_refused_in_a_sentence(
    world: World, tmp_path: Path
) -> None:
    world.send(film(tmp_path / "long.mp4", 63, "64x64").read_bytes())
    wait(lambda: world.seen()["film"]["refusal"])
    assert "60 秒" in world.seen()["film"]["refusal"]
    assert world.left() == []


def test_a_file_that_is_too_large_is_not_even_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = world.send(b"x", **{"Content-Length": str(513 * 2**20)})
    assert answer.status_code == 413
    monkeypatch.setattr("edge_agent.filming.MAX_SOURCE_BYTES", 10)
    assert world.send(b"0" * 11).json()["code"] == "video_large"
    assert "MB" in world.seen()["film"]["refusal"]
    assert world.left() == []


def test_who_is_not_paired_sends_nothing(world: World) -> None:
    for headers in ({"Authorization": ""}, {"Authorization": "Bearer x"}):
        assert world.send(b"0", **headers).status_code == 401
    assert world.send(b"0", Origin="http://evil.example").status_code == 403
    assert world.send(b"0", **{"Content-Type": "video/mp4"}).status_code == 415
    assert world.left() == []


def test_a_phone_whose_person_left_sends_no_further(world: World) -> None:
    def body() -> Iterator[bytes]:
        yield b"0" * 1000
        world.bay.clear_session()
        yield b"0" * 1000

    answer = world.phone.post(
        "/api/phone/video",
        content=body(),
        headers={
            "Content-Type": BYTES,
            "Content-Length": "5000",
            **bearer(world.token),
        },
    )
    assert answer.status_code in (400, 401)
    assert world.left() == []


def test_a_phone_that_falls_silent_holds_nothing_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_agent.kiosk.phone.STALL_SECONDS", 0.5)
    host, port = "127.0.0.1", free_port()
    app = build_phone_app(
        world.bay, Pairing(world.phones, f"http://{host}:{port}"), world.filming
    )
    server = KioskServer(app, host, port)
    server.start()
    head = [
        "POST /api/phone/video HTTP/1.1",
        f"Host: {host}:{port}",
        f"Origin: http://{host}:{port}",
        f"Authorization: Bearer {world.token}",
        f"Content-Type: {BYTES}",
        "Content-Length: 5000",
    ]
    with socket.create_connection((host, port)) as phone:
        phone.sendall("\r\n".join([*head, "", "half of a video"]).encode())
        wait(lambda: world.seen()["film"]["phase"] == "sending")
        assert b"400" in phone.recv(100)
    server.stop()
    assert world.seen()["film"]["phase"] is None
    assert world.left() == []


def test_a_phone_that_breaks_off_holds_nothing_up(world: World) -> None:
    def body() -> Iterator[bytes]:
        yield b"0" * 1000

    answer = world.phone.post(
        "/api/phone/video",
        content=body(),
        headers={
            "Content-Type": BYTES,
            "Content-Length": "5000",
            **bearer(world.token),
        },
    )
    assert answer.status_code == 400
    assert world.left() == []
    assert isinstance(world.filming.record(), type(None))


def test_where_there_are_no_videos_none_can_be_asked_for(world: World) -> None:
    app = build_app(
        world.bay,
        world.feed,
        Notices(),
        allowed_hosts("127.0.0.1", 8080),
        typed=world.bay.scanned,
    )
    client = TestClient(app, base_url=URL, headers={"Origin": URL})
    assert client.get("/api/view").json()["film"] is None
    assert client.post("/api/video", json={}).status_code == 404


AGENT = """
import sys, time
from pathlib import Path
from edge_agent import identity, outbox
from edge_agent.camera import CameraFeed
from edge_agent.camera.virtual import VirtualSource
from edge_agent.media import MediaStore
from edge_agent.recorder import Recorder
folder, what = Path(sys.argv[1]), sys.argv[2]
who = identity.load(folder)
media = MediaStore(folder / "media", outbox.Outbox(folder / outbox.FILE, who), 2**28, 0)
if what == "recording":
    camera = CameraFeed(lambda: VirtualSource(folder / "desk"))
    camera.start()
    Recorder(camera, media).start()
    time.sleep(2)
    print("now", flush=True)
    time.sleep(60)
else:
    path = media.incoming()
    path.write_bytes((folder / "large.mp4").read_bytes())
    print("now", flush=True)
    media.keep_video(path)
"""


@pytest.mark.parametrize("what", ["recording", "transcoding"])
def test_an_agent_that_is_killed_over_a_video_keeps_nothing_of_it(
    world: World, what: str
) -> None:
    folder = world.kiosk.folder
    world.close()
    film(folder / "large.mp4", 30, "1920x1080")
    with subprocess.Popen(
        [sys.executable, "-c", AGENT, str(folder), what], stdout=subprocess.PIPE
    ) as agent:
        assert agent.stdout is not None
        assert agent.stdout.readline() == b"now\n"
        time.sleep(1)
        os.kill(agent.pid, signal.SIGKILL)
    making = folder / "making"
    assert list(making.iterdir()), "it was at it"
    again = MediaStore(folder / "media", world.kiosk.outbox, 2**28, 0)
    assert list(making.iterdir()) == []
    assert list(again._folder.iterdir()) == []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        if str(making).encode() in path.read_bytes():
            os.kill(int(path.parent.name), signal.SIGKILL)


def test_a_video_that_is_not_expected_any_more_is_not_taken(world: World) -> None:
    world.bay.clear_session()
    world.come()
    coming = world.bay.expect_video()
    assert not isinstance(coming, Refusal)
    ref = MediaRef(sha256="0" * 64, type="video/mp4", size=1)
    assert world.bay.add_video(coming, ref) == ref
    late = world.bay.add_video(coming, ref)
    assert isinstance(late, Refusal)
    assert len(world.bay.view().photos) == 1
