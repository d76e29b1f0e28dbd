"""Each kind of camera, and what happens when one fails."""

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest

from edge_agent.camera import CameraError, CameraFeed, Frame, build_camera
from edge_agent.camera.folder import FolderSource
from edge_agent.camera.picamera import PicameraSource
from edge_agent.camera.v4l2 import V4l2Source
from edge_agent.camera.virtual import VirtualSource
from edge_agent.settings import Settings

from . import printed

FAST = 1000.0


def flat(value: int) -> Frame:
    return np.full((72, 128, 3), value, np.uint8)


def save(path: Path, image: Frame) -> None:
    assert cv2.imwrite(str(path), image)


# --- virtual ---------------------------------------------------------------------


def test_desk_shows_the_page_that_lies_there_until_it_is_taken_away(
    tmp_path: Path,
) -> None:
    camera = VirtualSource(tmp_path / "desk", seed=3)
    assert printed.read(camera.snapshot()) == []
    save(tmp_path / "desk" / "sheet.png", printed.sheet_image(printed.text("order")))
    assert printed.read(camera.snapshot()) == [printed.text("order")]
    (tmp_path / "desk" / "sheet.png").unlink()
    assert printed.read(camera.snapshot()) == []


def test_a_page_that_is_replaced_is_read_anew(tmp_path: Path) -> None:
    camera = VirtualSource(tmp_path, seed=3)
    for number in (1, 2):
        content = printed.text("badge", number)
        save(tmp_path / "badge.png", printed.badge_image(content))
        assert printed.read(camera.snapshot()) == [content]


def test_half_written_page_is_no_error_and_appears_when_complete(
    tmp_path: Path,
) -> None:
    camera = VirtualSource(tmp_path, seed=3)
    whole = tmp_path / "whole"
    whole.mkdir()
    save(whole / "sheet.png", printed.sheet_image(printed.text("order")))
    data = (whole / "sheet.png").read_bytes()
    (tmp_path / "sheet.png").write_bytes(data[:20])
    assert printed.read(camera.snapshot()) == []
    (tmp_path / "sheet.png").write_bytes(data)
    assert printed.read(camera.snapshot()) == [printed.text("order")]


def test_a_photo_on_the_desk_is_what_the_camera_looks_at(tmp_path: Path) -> None:
    camera = VirtualSource(tmp_path, seed=3)
    save(tmp_path / "badge.png", printed.badge_image(printed.text("badge")))
    save(tmp_path / "photo-brakes.png", np.full((600, 800, 3), (0, 0, 200), np.uint8))
    frame = camera.snapshot()
    assert frame.shape == (720, 1280, 3)
    assert frame[..., 2].mean() > 190
    assert printed.read(frame) == []


def test_frames_end_when_the_camera_is_closed(tmp_path: Path) -> None:
    camera = VirtualSource(tmp_path, rate=FAST)
    frames = camera.frames()
    next(frames)
    camera.close()
    assert list(frames) == []


def test_bays_of_a_demo_do_not_look_alike(tmp_path: Path) -> None:
    one = build_camera(Settings(data_dir=tmp_path / "bay-1"))
    two = build_camera(Settings(data_dir=tmp_path / "bay-2"))
    assert not np.array_equal(one.snapshot(), two.snapshot())


# --- folder ----------------------------------------------------------------------


def test_folder_plays_its_images_in_order_over_and_over(tmp_path: Path) -> None:
    for name, value in (("b.png", 20), ("a.png", 10), ("c.png", 30)):
        save(tmp_path / name, flat(value))
    (tmp_path / "broken.png").write_bytes(b"no image")
    (tmp_path / "notes.txt").write_text("no image")
    frames = FolderSource(tmp_path, rate=FAST).frames()
    shown = [int(next(frames)[0, 0, 0]) for _ in range(5)]
    assert shown == [10, 20, 30, 10, 20]


@pytest.mark.parametrize("name", ["empty", "missing"])
def test_folder_without_images_says_so(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    source = FolderSource(tmp_path / name)
    with pytest.raises(CameraError):
        next(source.frames())
    with pytest.raises(CameraError):
        source.snapshot()


# --- devices ---------------------------------------------------------------------


def test_usb_camera_that_is_not_there_is_a_camera_error(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="video-none"):
        V4l2Source(str(tmp_path / "video-none"))


def test_without_picamera2_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(CameraError, match="picamera2"):
        PicameraSource()


class Picamera2:
    """What the adapter uses of picamera2's class of this name, without a sensor."""

    hangs = False
    opened: "list[Picamera2]" = []

    def __init__(self, camera_num: int = 0) -> None:
        if camera_num > 0:
            raise IndexError("list index out of range")
        self.camera_controls = {"AfMode": (0, 2, 0)}
        self.controls: dict[str, Any] = {}
        self.configured: dict[str, Any] | None = None
        self.closed = False
        self.opened.append(self)

    def create_video_configuration(
        self,
        main: dict[str, Any],
        controls: dict[str, Any],
        buffer_count: int,
        queue: bool,
    ) -> dict[str, Any]:
        return {"main": main, "use": "video", "queue": queue}

    def create_still_configuration(self, main: dict[str, Any]) -> dict[str, Any]:
        return {"main": main, "use": "still"}

    def configure(self, camera_config: dict[str, Any]) -> None:
        self.configured = camera_config

    def set_controls(self, controls: dict[str, Any]) -> None:
        self.controls.update(controls)

    def start(self) -> None:
        assert self.configured

    def capture_array(self, name: str = "main", wait: bool | None = None) -> Frame:
        assert wait is False
        assert self.configured
        return self._picture(self.configured)

    def switch_mode_and_capture_array(
        self,
        camera_config: dict[str, Any],
        name: str = "main",
        wait: bool | None = None,
    ) -> Frame:
        assert wait is False
        return self._picture(camera_config)

    def wait(self, job: Frame, timeout: float | None = None) -> Frame:
        if self.hangs:
            raise TimeoutError
        return job

    def close(self) -> None:
        self.closed = True

    @staticmethod
    def _picture(config: dict[str, Any]) -> Frame:
        assert config["main"]["format"] == "RGB888"  # blue first, in numpy
        width, height = config["main"]["size"]
        return np.zeros((height, width, 3), np.uint8)


@pytest.fixture
def picamera2(monkeypatch: pytest.MonkeyPatch) -> type[Picamera2]:
    module = ModuleType("picamera2")
    monkeypatch.setattr(Picamera2, "opened", [])
    module.Picamera2 = Picamera2  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "picamera2", module)
    return Picamera2


def test_pi_camera_scans_small_and_photographs_large(
    picamera2: type[Picamera2],
) -> None:
    camera = PicameraSource(rate=FAST)
    assert next(camera.frames()).shape == (720, 1280, 3)
    assert camera.snapshot().shape == (1080, 1920, 3)
    [device] = picamera2.opened
    assert device.controls == {"AfMode": 2}
    camera.close()
    assert device.closed


def test_pi_camera_that_hangs_or_is_missing_is_a_camera_error(
    picamera2: type[Picamera2], monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = PicameraSource(rate=FAST)
    monkeypatch.setattr(Picamera2, "hangs", True)
    with pytest.raises(CameraError, match="answer"):
        next(camera.frames())
    with pytest.raises(CameraError, match="camera 1"):
        PicameraSource(number=1)


# --- the feed --------------------------------------------------------------------


class Script:
    """A camera that gives some frames and then fails; each opening is one script."""

    def __init__(self, *frames: Frame, fails: Exception | None = None) -> None:
        self._frames = frames
        self._fails = fails
        self._closed = threading.Event()

    def frames(self) -> Iterator[Frame]:
        yield from self._frames
        if self._fails:
            raise self._fails
        self._closed.wait()

    def snapshot(self) -> Frame:
        return self._frames[-1]

    def close(self) -> None:
        self._closed.set()


@pytest.fixture
def run_feed(
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., CameraFeed]]:
    monkeypatch.setattr("edge_agent.camera.feed.FIRST_RETRY", 0.01)
    started: list[CameraFeed] = []

    def run(*openings: Script | CameraError) -> CameraFeed:
        rest = iter(openings)

        def open_source() -> Script:
            opening = next(rest)
            if isinstance(opening, CameraError):
                raise opening
            return opening

        feed = CameraFeed(open_source)
        started.append(feed)
        feed.start()
        return feed

    yield run
    for feed in started:
        feed.stop()


def test_feed_gives_the_newest_frame(run_feed: Callable[..., CameraFeed]) -> None:
    feed = run_feed(Script(flat(1), flat(2)))
    newest = feed.wait_frame(after=1, timeout=5)
    assert newest is not None
    assert newest[0] == 2
    assert newest[1][0, 0, 0] == 2
    assert feed.wait_frame(after=2, timeout=0.01) is None
    assert feed.error is None


@pytest.mark.parametrize("fault", [CameraError("unplugged"), ValueError("driver bug")])
def test_feed_opens_a_failed_camera_again(
    run_feed: Callable[..., CameraFeed], fault: Exception
) -> None:
    feed = run_feed(
        CameraError("not there"), Script(flat(1), fails=fault), Script(flat(2))
    )
    newest = feed.wait_frame(after=1, timeout=5)
    assert newest is not None
    assert newest[1][0, 0, 0] == 2
    assert feed.error is None


def test_feed_says_why_there_is_no_picture(
    run_feed: Callable[..., CameraFeed],
) -> None:
    feed = run_feed(*[CameraError("nobody plugged it in")] * 1000)
    assert feed.wait_frame(after=0, timeout=0.05) is None
    assert feed.error == "nobody plugged it in"
    with pytest.raises(CameraError, match="plugged"):
        feed.snapshot()


def test_feed_ends_at_once_although_the_camera_waits(
    run_feed: Callable[..., CameraFeed],
) -> None:
    feed = run_feed(Script(flat(1)))
    assert feed.wait_frame(after=0, timeout=5)
    feed.stop()
    assert feed.wait_frame(after=0, timeout=5) is None
