"""A page's camera as the bay's: one page at a time, and nothing that it sends hurts."""

import io
import struct
import threading
import zlib
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
from PIL import Image

from edge_agent.camera import CameraError, CameraFeed, Handed
from edge_agent.camera.browser import SILENT_SECONDS, BrowserSource, HandedError

PHONE, LAPTOP = "a" * 32, "b" * 32


def jpeg(value: int = 90, width: int = 1280, height: int = 720) -> bytes:
    image = np.full((height, width, 3), value, np.uint8)
    return cv2.imencode(".jpg", image)[1].tobytes()


def bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """A PNG of a few hundred kilobytes that would be 2.7 GB of pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = bytes(1 + 3 * width)
    body = b"".join(packer.compress(row) for _ in range(64)) + packer.flush()
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", body)
        + chunk(b"IEND", b"")
    )


def lying_jpeg() -> bytes:
    """A small picture whose header says that it is 65,500 pixels wide and high."""
    data = bytearray(jpeg(width=64, height=64))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", 65_500, 65_500)
    return bytes(data)


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        self.now += 0.2  # no page is faster than it may be, unless it says so
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def handed(clock: Clock) -> Handed:
    return Handed(clock)


def test_a_frame_that_is_handed_over_is_what_the_camera_sees(handed: Handed) -> None:
    handed.hand(PHONE, jpeg(200))
    frame = BrowserSource(handed).snapshot()
    assert frame.shape == (720, 1280, 3)
    assert abs(int(frame.mean()) - 200) < 3


def test_colours_keep_their_places(handed: Handed) -> None:
    red = io.BytesIO()
    Image.new("RGB", (640, 480), (250, 10, 20)).save(red, "JPEG", quality=95)
    handed.hand(PHONE, red.getvalue())
    blue_green_red = BrowserSource(handed).snapshot().mean(axis=(0, 1))
    assert blue_green_red == pytest.approx((20, 10, 250), abs=6)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\xd8\xff", id="three bytes"),
        pytest.param(jpeg()[:2000], id="cut off"),
        pytest.param(b"<svg onload='alert(1)'/>", id="no picture"),
        pytest.param(jpeg()[:300] + bytes(5000), id="corrupt"),
        pytest.param(jpeg(width=2100, height=1200), id="too many pixels"),
        pytest.param(lying_jpeg(), id="says that it is huge"),
        pytest.param(bomb(), id="decompression bomb"),
        pytest.param(np.random.default_rng(1).bytes(100_000), id="random bytes"),
    ],
)
def test_what_is_no_usable_picture_is_turned_away(handed: Handed, data: bytes) -> None:
    handed.hand(PHONE, jpeg(200))
    with pytest.raises(HandedError) as refused:
        handed.hand(PHONE, data)
    assert refused.value.why == "bad"
    assert handed.number == 1


def test_more_frames_than_are_looked_at_are_turned_away(
    handed: Handed, clock: Clock
) -> None:
    handed.hand(PHONE, jpeg())
    clock.now -= 0.15
    with pytest.raises(HandedError) as refused:
        handed.hand(PHONE, jpeg())
    assert refused.value.why == "fast"


def test_another_page_waits_until_the_first_shows_nothing_more(
    handed: Handed, clock: Clock
) -> None:
    handed.hand(PHONE, jpeg(10))
    with pytest.raises(HandedError) as refused:
        handed.hand(LAPTOP, jpeg(200))
    assert refused.value.why == "elsewhere"
    clock.now += SILENT_SECONDS
    handed.hand(LAPTOP, jpeg(200))
    assert BrowserSource(handed).snapshot().mean() > 190


def test_a_page_that_sends_no_pictures_does_not_keep_others_away(
    handed: Handed,
) -> None:
    with pytest.raises(HandedError):
        handed.hand(PHONE, b"no picture")
    handed.hand(LAPTOP, jpeg())


def test_an_old_picture_does_not_pass_for_one_of_now(
    handed: Handed, clock: Clock
) -> None:
    source = BrowserSource(handed)
    with pytest.raises(CameraError):
        source.snapshot()
    handed.hand(PHONE, jpeg())
    clock.now += SILENT_SECONDS
    with pytest.raises(CameraError):
        source.snapshot()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Handed], CameraFeed]]:
    monkeypatch.setattr("edge_agent.camera.browser.SILENT_SECONDS", 0.5)
    monkeypatch.setattr("edge_agent.camera.feed.FIRST_RETRY", 0.01)
    started: list[CameraFeed] = []

    def start(handed: Handed) -> CameraFeed:
        feed = CameraFeed(lambda: BrowserSource(handed))
        started.append(feed)
        feed.start()
        return feed

    yield start
    for feed in started:
        feed.stop()


def test_a_page_that_goes_away_and_comes_back(
    quick: Callable[[Handed], CameraFeed], clock: Clock
) -> None:
    handed = Handed(clock)
    feed = quick(handed)
    assert feed.wait_frame(after=0, timeout=0.1) is None
    waiting = threading.Event()
    for round_ in range(1, 3):
        # It takes what comes once it waits, not what was there before.
        while (seen := feed.wait_frame(round_ - 1, timeout=0.05)) is None:
            handed.hand(PHONE, jpeg(100 * round_))
        assert abs(float(seen[1].mean()) - 100 * round_) < 3
        assert feed.error is None
        for _ in range(100):
            if feed.error:
                break
            waiting.wait(0.05)
        assert feed.error == "the browser shows nothing any more"


def test_the_feed_ends_at_once_although_no_page_came(
    quick: Callable[[Handed], CameraFeed],
) -> None:
    feed = quick(Handed())
    feed.stop()
    assert feed.wait_frame(after=0, timeout=1) is None
