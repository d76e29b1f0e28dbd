"""Reading keeps to its time whatever is shown; each presentation is one scan."""

import threading
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge_agent.camera import CameraFeed, Frame
from edge_agent.camera.scene import Scene, make_page
from edge_agent.camera.virtual import VirtualSource
from edge_agent.scan import Code, Reader, Scanner
from edge_agent.scan.scanner import Motion

from . import printed
from .bad_input import hundred_codes, long_code

HARD_LIMIT = 0.4
BLACK: Frame = np.zeros((720, 1280, 3), np.uint8)


def noise() -> Frame:
    random = np.random.default_rng(1)
    return random.integers(0, 256, (720, 1280, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("frame", "count"),
    [
        pytest.param(BLACK, 0, id="black"),
        pytest.param(noise(), 0, id="noise"),
        pytest.param(hundred_codes(), 100, id="hundred codes"),
        pytest.param(long_code(), 1, id="4,000 characters"),
        pytest.param(np.zeros((3000, 4000, 3), np.uint8), 0, id="12 megapixels"),
    ],
)
def test_no_frame_takes_longer_than_the_limit(frame: Frame, count: int) -> None:
    reader = Reader()
    reader.read(BLACK)  # loads the decoders' libraries
    best = float("inf")
    for _ in range(3):  # the limit is the reader's, not that of a busy machine
        begun = time.perf_counter()
        texts = reader.read(frame)
        best = min(best, time.perf_counter() - begun)
    assert len(texts) == count
    assert best < HARD_LIMIT


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(None, id="none"),
        pytest.param(np.zeros((0, 0, 3), np.uint8), id="empty"),
        pytest.param(np.zeros((720, 1280), np.uint8), id="two dimensions"),
        pytest.param(np.zeros((720, 1280, 3), np.float64), id="floats"),
        pytest.param(np.zeros((1, 1, 3), np.uint8), id="one pixel"),
        pytest.param(np.zeros((2, 5000, 3), np.uint8), id="a line"),
        pytest.param(b"\xff\xd8\xff", id="bytes"),
    ],
)
def test_what_is_no_frame_reads_as_nothing(frame: Any) -> None:
    assert Reader().read(frame) == []


def test_passes_behind_the_first_read_more() -> None:
    small = printed.sheet_image(printed.text("order"), qr_mm=17)
    page = make_page("sheet.png", small)
    once = thorough = 0
    reader = Reader(budget=10)
    for seed in range(20):
        frame = Scene(seed).hold([page], 0)
        once += bool(reader.read(frame, thorough=False))
        thorough += bool(reader.read(frame))
    assert thorough >= once + 4


def test_no_pass_begins_after_the_budget() -> None:
    ticks = iter(range(1000))
    frame = Scene(1).empty(0)
    Reader(budget=2.0, clock=lambda: float(next(ticks))).read(frame)
    assert next(ticks) == 3  # begun at 0, looked at the clock after each of two passes


class Shown:
    """Stands for the reader: the test says what is held up."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.symbology = "QRCode"

    def read(self, frame: Any, **_how: Any) -> list[Code]:
        return [Code(text, np.zeros((4, 2)), self.symbology) for text in self.texts]


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shown() -> Shown:
    return Shown()


@pytest.fixture
def heard() -> list[str]:
    return []


@pytest.fixture
def crowds() -> list[str]:
    return []


@pytest.fixture
def scanner(clock: Clock, shown: Shown, heard: list[str], crowds: list[str]) -> Scanner:
    feed = CameraFeed(lambda: pytest.fail("not started"))
    return Scanner(
        feed,
        heard.append,
        shown,  # type: ignore[arg-type]
        clock,
        on_crowd=lambda: crowds.append("crowd"),
    )


def test_a_sheet_kept_before_the_camera_is_one_scan(
    scanner: Scanner, clock: Clock, shown: Shown, heard: list[str]
) -> None:
    shown.texts = ["sheet"]
    for _ in range(50):
        scanner.look(BLACK)
        clock.now += 0.2
    assert heard == ["sheet"]


def test_frames_that_fail_in_between_do_not_make_it_two(
    scanner: Scanner, clock: Clock, shown: Shown, heard: list[str]
) -> None:
    for number in range(30):
        shown.texts = ["sheet"] if number % 5 == 0 else []
        scanner.look(BLACK)
        clock.now += 0.2
    assert heard == ["sheet"]


def test_shown_again_after_two_seconds_away_it_is_another_scan(
    scanner: Scanner, clock: Clock, shown: Shown, heard: list[str]
) -> None:
    shown.texts = ["sheet"]
    scanner.look(BLACK)
    shown.texts = []
    clock.now += 2.1
    scanner.look(BLACK)
    shown.texts = ["sheet", "badge"]
    scanner.look(BLACK)
    assert heard == ["sheet", "sheet", "badge"]


def test_a_code_that_is_held_up_and_typed_is_one_scan(
    scanner: Scanner, clock: Clock, shown: Shown, heard: list[str]
) -> None:
    shown.texts = ["sheet"]
    scanner.look(BLACK)
    scanner.typed(["sheet", "sheet"])
    clock.now += 1.9
    scanner.typed(["sheet", "sheet"])
    assert heard == ["sheet"]
    clock.now += 2.1
    scanner.typed(["sheet", "sheet"])
    assert heard == ["sheet", "sheet"]


def test_of_a_crowd_of_codes_none_is_meant(
    scanner: Scanner, clock: Clock, shown: Shown, heard: list[str], crowds: list[str]
) -> None:
    for number in range(10):
        shown.texts = [f"n{each}" for each in range(number, 100)]
        scanner.look(BLACK)
        clock.now += 0.2
    assert (heard, crowds) == ([], ["crowd"])
    shown.texts = ["sheet", "badge"]
    scanner.look(BLACK)
    assert heard == ["sheet", "badge"]


def test_a_barcode_without_a_checksum_waits_for_a_second_frame(
    scanner: Scanner, clock: Clock, shown: Shown, heard: list[str]
) -> None:
    shown.texts, shown.symbology = ["PART-4711"], "Code39"
    scanner.look(BLACK)
    assert heard == []
    clock.now += 0.2
    scanner.look(BLACK)
    assert heard == ["PART-4711"]


def test_a_vin_with_its_check_digit_is_sure_at_once(
    scanner: Scanner, shown: Shown, heard: list[str]
) -> None:
    shown.texts, shown.symbology = ["1HGCM82633A004352"], "Code39"
    scanner.look(BLACK)
    assert heard == ["1HGCM82633A004352"]
    shown.texts = ["1HGCM82633A004353"]
    scanner.look(BLACK)
    assert heard == ["1HGCM82633A004352"]


def test_motion_is_noticed_and_forgotten() -> None:
    scene = Scene(1)
    motion = Motion()
    assert motion.moves(scene.empty(0), now=0)
    assert motion.moves(scene.empty(1), now=1)
    assert not motion.moves(scene.empty(2), now=4)
    assert motion.moves(scene.hold([printed.badge()], 3), now=5)


def test_scanner_hears_what_is_laid_on_the_desk_even_after_a_listener_failed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    texts: list[str] = []
    badge_heard, order_heard = threading.Event(), threading.Event()

    def listen(text: str) -> None:
        texts.append(text)
        if text == printed.text("badge"):
            badge_heard.set()
            raise RuntimeError("the listener fails")
        order_heard.set()

    feed = CameraFeed(lambda: VirtualSource(tmp_path, seed=2, rate=20))
    scanner = Scanner(feed, listen)
    feed.start()
    scanner.start()
    try:
        badge = printed.badge_image(printed.text("badge"))
        assert cv2.imwrite(str(tmp_path / "badge.png"), badge)
        assert badge_heard.wait(20)
        (tmp_path / "badge.png").unlink()
        sheet = printed.sheet_image(printed.text("order"))
        assert cv2.imwrite(str(tmp_path / "sheet.png"), sheet)
        assert order_heard.wait(20)
    finally:
        feed.stop()
        scanner.stop()
    assert texts == [printed.text("badge"), printed.text("order")]
    assert "could not be scanned" in caplog.text
