"""Everything bad that can come before a bay's camera; ``python -m tests.bad_input``.

Run as a program it shows one of ``CASES`` over and over and prints what that took of
time and memory.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import zxingcpp

from edge_agent.attendant import Attendant
from edge_agent.camera import CameraError, CameraFeed
from edge_agent.camera.folder import FolderSource
from edge_agent.camera.scene import Scene
from edge_agent.camera.source import Frame
from edge_agent.kiosk import Notices
from edge_agent.panel.fakes import FakePanel
from edge_agent.scan import Scanner

from .kiosk_bay import KioskBay
from .test_camera_browser import bomb, jpeg

WARM_ROUNDS = 8
ROUNDS = 20


class Desk:
    """A bay with scanner, screen and panel, before which bad things are held."""

    def __init__(self, folder: Path) -> None:
        (folder / "pictures").mkdir()
        self.pictures = folder / "pictures"
        self.world = KioskBay.within(folder)
        self.world.send_board()
        self.notices = Notices()
        self.panel = FakePanel()
        attendant = Attendant(self.world.bay, self.panel, self.notices)
        self.feed = CameraFeed(self._no_camera)
        self.now = 100.0
        self.scanner = Scanner(
            self.feed,
            attendant.scanned,
            clock=self._clock,
            on_crowd=attendant.crowded,
        )

    def show(self, frame: Frame) -> str | None:
        """Hold a frame up for a second, then nothing; the code of what is said."""
        before = self.notices.last()
        for _ in range(3):
            self.scanner.look(frame)
            self.now += 0.3
        after = self.notices.last()
        self.now += 5
        if after is None or (before and before.number == after.number):
            return None
        return after.code

    def close(self) -> None:
        self.world.close()

    def _clock(self) -> float:
        # Passes take their time; the film's goes on by what a frame says.
        return self.now + time.perf_counter() % 0.001

    @staticmethod
    def _no_camera() -> FolderSource:
        raise CameraError("not started")


def white() -> Frame:
    return np.full((720, 1280, 3), 255, np.uint8)


def black() -> Frame:
    return np.zeros((720, 1280, 3), np.uint8)


def symbol(content: str, side: int) -> Frame:
    code = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.QRCode)
    image = np.asarray(zxingcpp.write_barcode_to_image(code, scale=4), np.uint8)
    sized = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(sized, cv2.COLOR_GRAY2BGR), np.uint8)


def hundred_codes() -> Frame:
    frame = white()
    for number in range(100):
        row, column = divmod(number, 15)
        top, left = 8 + 100 * row, 8 + 84 * column
        frame[top : top + 72, left : left + 72] = symbol(f"n{number:02d}", 72)
    return frame


def long_code() -> Frame:
    frame = white()
    frame[5:715, 200:910] = symbol("A" * 4000, 710)
    return frame


def foreign_address() -> Frame:
    frame = Scene(3).empty(0).copy()
    frame[200:440, 400:640] = symbol("https://elsewhere.example/o/menu", 240)
    return frame


def huge_frame() -> Frame:
    return np.full((10_000, 10_000, 3), 7, np.uint8)


def huge_file() -> bytes:
    """A photograph of 100 megapixels."""
    return cv2.imencode(".jpg", np.full((10_000, 10_000), 90, np.uint8))[1].tobytes()


class Unplugged:
    """A camera that gives one frame and is pulled out."""

    def frames(self) -> Iterator[Frame]:
        yield black()
        raise CameraError("unplugged")

    def snapshot(self) -> Frame:
        raise CameraError("unplugged")

    def close(self) -> None:
        pass


def _frame(make: Callable[[], Frame]) -> Callable[[Desk], Callable[[], object]]:
    def prepared(desk: Desk) -> Callable[[], object]:
        frame = make()
        return lambda: desk.show(frame)

    return prepared


def _file(
    name: str, make: Callable[[], bytes]
) -> Callable[[Desk], Callable[[], object]]:
    def prepared(desk: Desk) -> Callable[[], object]:
        (desk.pictures / name).write_bytes(make())

        def look() -> None:
            try:
                FolderSource(desk.pictures).snapshot()
            except CameraError:
                return
            raise AssertionError("it was shown")

        return look

    return prepared


def _disconnecting(desk: Desk) -> Callable[[], object]:
    def look() -> None:
        feed = CameraFeed(Unplugged)
        feed.start()
        while feed.error != "unplugged":
            time.sleep(0.001)
        feed.stop()

    return look


CASES: dict[str, Callable[[Desk], Callable[[], object]]] = {
    "corrupt": _file("corrupt.jpg", lambda: jpeg()[:300] + bytes(5000)),
    "bomb": _file("bomb.png", bomb),
    "100 megapixels in a file": _file("huge.jpg", huge_file),
    "100 megapixels in a frame": _frame(huge_frame),
    "disconnecting": _disconnecting,
    "black": _frame(black),
    "4,000 characters": _frame(long_code),
    "foreign address": _frame(foreign_address),
    "hundred codes": _frame(hundred_codes),
}


def memory_mb() -> float:
    [line] = [
        line
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmRSS")
    ]
    return int(line.split()[1]) / 1024


def main(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        look = CASES[name](desk)
        for _ in range(WARM_ROUNDS):
            look()
        before, best = memory_mb(), float("inf")
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            look()
            best = min(best, time.perf_counter() - begun)
        grown = memory_mb() - before
        desk.close()
    sys.stdout.write(json.dumps({"grown_mb": grown, "seconds": best}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
