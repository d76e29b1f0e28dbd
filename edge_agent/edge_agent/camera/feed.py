"""The bay's camera as scanner and kiosk see it: always there, sometimes dark."""

import logging
import threading
import time
from collections.abc import Callable

from edge_agent.camera.black import Blackness
from edge_agent.camera.source import CameraError, Frame, FrameSource

_logger = logging.getLogger(__name__)

FIRST_RETRY = 0.5
LAST_RETRY = 30.0


class CameraFeed:
    """Opens a camera, keeps its newest frame, and opens it anew when it fails.

    :param open_source: raises ``CameraError`` when there is no camera (yet).
    :param blackness: tells a covered lens; by itself after a few seconds.
    """

    def __init__(
        self,
        open_source: Callable[[], FrameSource],
        blackness: Blackness | None = None,
    ) -> None:
        self._open = open_source
        self._changed = threading.Condition()
        self._source: FrameSource | None = None
        self._frame: Frame | None = None
        self._number = 0
        self._error: str | None = "not started"
        self._blackness = blackness or Blackness()
        self._black = False
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def error(self) -> str | None:
        """Why there is no picture; None while there is one."""
        with self._changed:
            return self._error

    @property
    def black(self) -> bool:
        """Whether it has seen nothing but black for a while: a covered lens."""
        with self._changed:
            return self._black

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        with self._changed:
            source = self._source
            self._changed.notify_all()
        if source:
            source.close()
        if self._thread:
            self._thread.join()

    def wait_frame(self, after: int, timeout: float) -> tuple[int, Frame] | None:
        """The newest frame if it is newer than number ``after``, waiting for it.

        :return: its number with it; None when time is up or the feed stopped. What
            came in between is skipped: only now matters.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._number > after or self._stopped.is_set(), timeout
            )
            if self._number <= after or self._frame is None or self._stopped.is_set():
                return None
            return self._number, self._frame

    def snapshot(self) -> Frame:
        """A picture of now, at the camera's best.

        :raises CameraError: there is no camera, or it gives none.
        """
        with self._changed:
            source, error = self._source, self._error
        if source is None:
            raise CameraError(error or "no camera")
        return source.snapshot()

    def _run(self) -> None:
        delay = FIRST_RETRY
        while not self._stopped.is_set():
            before = self._number
            try:
                self._show_frames()
                if not self._stopped.is_set():
                    raise CameraError("it ended")
            except CameraError as error:
                self._fail(str(error))
            except Exception as error:  # noqa: BLE001 - a driver's surprise
                _logger.exception("The camera failed in an unexpected way")
                self._fail(str(error) or type(error).__name__)
            delay = FIRST_RETRY if self._number > before else min(2 * delay, LAST_RETRY)
            self._stopped.wait(delay)

    def _show_frames(self) -> None:
        source = self._open()
        with self._changed:
            self._source = source
        try:
            if self._stopped.is_set():  # stop() came before it could see the source
                return
            for frame in source.frames():
                self._show(frame)
        finally:
            with self._changed:
                self._source = None
            source.close()

    def _show(self, frame: Frame) -> None:
        black = self._blackness.lasts(frame, time.monotonic())
        with self._changed:
            if black != self._black:
                _logger.info("The camera sees %s", "only black" if black else "again")
            self._black = black
            if self._error is not None:
                _logger.info("The camera gives pictures")
            self._error = None
            self._frame = frame
            self._number += 1
            self._changed.notify_all()

    def _fail(self, error: str) -> None:
        if self._stopped.is_set():
            return
        with self._changed:
            if self._error != error:
                _logger.warning("No picture: %s", error)
            self._error = error
            self._black = False
            # A picture of then must not pass for one of now.
            self._frame = None
