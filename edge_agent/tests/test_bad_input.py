"""Bad input, one by one: in time, with something said, and nothing of it is kept."""

import json
import logging
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge_agent.camera import CameraError, CameraFeed
from edge_agent.camera.black import Blackness
from edge_agent.camera.folder import FolderSource
from edge_agent.camera.scene import Scene, make_page
from edge_agent.camera.source import Frame
from edge_agent.camera.virtual import VirtualSource

from . import bad_input, printed
from . import kiosk_bay as kb
from .bad_input import Desk, Unplugged
from .test_camera_browser import bomb, jpeg

HARD_LIMIT = 0.4
FRAMES = 3
"""Of a thing held up in one round."""

MOST_GROWN_MB = 8.0
"""Over 20 rounds. A single frame is 2.6, and one of 100 megapixels 300."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.close()


@pytest.mark.parametrize("name", bad_input.CASES)
def test_it_ends_in_time_and_keeps_no_memory(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bad_input", name],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        check=True,
        text=True,
        timeout=300,
    )
    figures = json.loads(done.stdout)
    assert figures["grown_mb"] < MOST_GROWN_MB
    assert figures["seconds"] < HARD_LIMIT * FRAMES


@pytest.mark.parametrize(
    ("make", "code"),
    [
        pytest.param(bad_input.long_code, "foreign_code", id="4,000 characters"),
        pytest.param(bad_input.foreign_address, "foreign_code", id="foreign address"),
        pytest.param(bad_input.hundred_codes, "many_codes", id="hundred codes"),
        pytest.param(bad_input.black, None, id="black"),
        pytest.param(bad_input.huge_frame, None, id="100 megapixels"),
    ],
)
def test_what_is_held_up_is_answered_once(
    desk: Desk, make: Callable[[], Frame], code: str | None
) -> None:
    assert desk.show(make()) == code
    assert len(desk.panel.tones) == (code is not None)
    assert desk.world.bay.view().person is None
    assert desk.world.bay.view().order is None


def test_a_sheet_is_read_after_all_of_it(desk: Desk) -> None:
    for make in (bad_input.black, bad_input.hundred_codes, bad_input.long_code):
        desk.show(make())
    page = make_page("sheet.png", printed.sheet_image(kb.sheet()))
    desk.show(Scene(1).hold([page], 0))
    assert desk.world.bay.view().order is not None
    assert desk.notices.last() is None


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(jpeg()[:2000], "truncated", id="cut off"),
        pytest.param(
            jpeg()[:300] + bytes(5000), "truncated|broken|no JPEG", id="corrupt"
        ),
        pytest.param(bomb(), "too many|exceeds limit", id="bomb"),
        pytest.param(b"no picture at all", "no JPEG or PNG", id="no picture"),
    ],
)
def test_a_picture_that_cannot_be_shown_is_passed_over_and_named(
    desk: Desk, caplog: pytest.LogCaptureFixture, data: bytes, said: str
) -> None:
    (desk.pictures / "1-bad.png").write_bytes(data)
    with pytest.raises(CameraError, match="no image"):
        FolderSource(desk.pictures).snapshot()
    (desk.pictures / "2-good.jpg").write_bytes(jpeg(200))
    frames = FolderSource(desk.pictures, rate=1000).frames()
    for _ in range(3):
        assert next(frames).mean() > 190
    assert VirtualSource(desk.pictures).snapshot().shape == (720, 1280, 3)
    [line] = {
        each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING
    }
    assert "1-bad.png" in line
    assert re.search(said, line)


class Steady:
    """A camera before which ``covered`` is taken away."""

    def __init__(self, covered: threading.Event) -> None:
        self._covered = covered
        self._closed = threading.Event()

    def frames(self) -> Iterator[Frame]:
        while not self._closed.wait(0.01):
            yield self.snapshot()

    def snapshot(self) -> Frame:
        return bad_input.black() if self._covered.is_set() else bad_input.white()

    def close(self) -> None:
        self._closed.set()


def test_a_covered_lens_is_said_and_forgotten_once_it_sees() -> None:
    covered = threading.Event()
    covered.set()
    feed = CameraFeed(lambda: Steady(covered), Blackness(seconds=0.1))
    feed.start()
    try:
        assert wait_until(lambda: feed.black)
        assert feed.error is None
        covered.clear()
        assert wait_until(lambda: not feed.black)
    finally:
        feed.stop()


def test_a_camera_that_is_pulled_out_is_said_and_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("edge_agent.camera.feed.FIRST_RETRY", 0.01)
    there = threading.Event()
    feed = CameraFeed(lambda: Steady(there) if there.is_set() else Unplugged())
    feed.start()
    try:
        assert wait_until(lambda: feed.error == "unplugged")
        there.set()
        assert wait_until(lambda: feed.error is None)
    finally:
        feed.stop()


def wait_until(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
