"""A phone's or laptop's camera: a page of the kiosk hands its pictures over.

For trying without a Pi. The page only takes them; they are read here as any other
camera's are.
"""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Literal

from edge_agent.camera.picture import PictureError, decode
from edge_agent.camera.source import CameraError, Frame

MOST_RATE = 10.0
"""Frames a second that are taken; more are turned away unread."""

MOST_PIXELS = 1920 * 1080
SILENT_SECONDS = 3.0
"""So long without a frame, a page is no camera any more and another may be it."""

LOOK_SECONDS = 0.25


class HandedError(ValueError):
    """A frame that is not taken.

    :ivar why: ``elsewhere``: another page is the camera; ``fast``: too many; ``bad``:
        no picture, or too large a one.
    """

    def __init__(self, why: Literal["elsewhere", "fast", "bad"], text: str) -> None:
        super().__init__(text)
        self.why = why


class Handed:
    """The newest frame that a page handed over; safe from any thread.

    One frame at most is decoded at a time, whatever pages send.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._decoding = threading.Lock()
        self._page = ""
        self._seen = self._tried = float("-inf")
        self._number = 0
        self._frame: Frame | None = None

    @property
    def number(self) -> int:
        with self._changed:
            return self._number

    def hand(self, page: str, data: bytes) -> None:
        """:param page: tells one page from another.

        :param data: a JPEG.
        :raises HandedError: it is not taken.
        """
        if not self._decoding.acquire(blocking=False):
            raise HandedError("fast", "the last one is still looked at")
        try:
            now = self._clock()
            if page != self._page and now - self._seen < SILENT_SECONDS:
                raise HandedError("elsewhere", "another page is the camera")
            if now - self._tried < 1 / MOST_RATE:
                raise HandedError("fast", f"more than {MOST_RATE:g} a second")
            self._tried = now
            try:
                frame = decode(data, MOST_PIXELS)
            except PictureError as error:
                raise HandedError("bad", str(error)) from error
            with self._changed:
                self._page, self._seen = page, now
                self._frame = frame
                self._number += 1
                self._changed.notify_all()
        finally:
            self._decoding.release()

    def wait(self, after: int, timeout: float) -> tuple[int, Frame] | None:
        """The newest frame with its number, if that is more than ``after`` in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._number > after, timeout)
            if self._number <= after or self._frame is None:
                return None
            return self._number, self._frame

    def last(self) -> Frame | None:
        """The newest frame, unless it is of too long ago."""
        with self._changed:
            fresh = self._clock() - self._seen < SILENT_SECONDS
            return self._frame if fresh else None

    def forget(self) -> None:
        with self._changed:
            self._frame = None


class BrowserSource:
    """Waits for a page as long as it takes; ends when the page shows nothing more."""

    def __init__(self, handed: Handed) -> None:
        self._handed = handed
        self._stopped = threading.Event()

    def frames(self) -> Iterator[Frame]:
        number = self._handed.number
        shown = False
        while not self._stopped.is_set():
            newest = self._handed.wait(number, LOOK_SECONDS)
            if newest is not None:
                number, frame = newest
                shown = True
                yield frame
            elif shown and self._handed.last() is None:
                self._handed.forget()
                raise CameraError("the browser shows nothing any more")

    def snapshot(self) -> Frame:
        frame = self._handed.last()
        if frame is None:
            raise CameraError("no browser shows its camera")
        return frame

    def close(self) -> None:
        self._stopped.set()
