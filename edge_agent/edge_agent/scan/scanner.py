"""Watching the camera for codes that are held up."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence

import cv2
import numpy as np

from edge_agent.camera.feed import CameraFeed
from edge_agent.camera.source import FRAME_SIZE, Frame
from edge_agent.scan import views, vin, wedge
from edge_agent.scan.code import UNCHECKED, Code
from edge_agent.scan.effort import Effort
from edge_agent.scan.memory import Memory
from edge_agent.scan.reader import Reader

_logger = logging.getLogger(__name__)

AWAY_SECONDS = 2.0
LIVELY_SECONDS = 3.0
LABELS_EVERY = 3
"""Frames of which one is searched for barcodes and DataMatrix."""

MOST_AT_ONCE = 8
"""Different codes in one frame; nobody holds up more to say something."""

_STILL = 2.0
"""Mean difference of grey values below which two thumbnails show the same."""


class Presence:
    """Tells codes newly held up from those still there."""

    def __init__(self, away: float = AWAY_SECONDS) -> None:
        self._away = away
        self._seen: dict[str, float] = {}

    def arrivals(self, texts: Iterable[str], now: float) -> list[str]:
        """Those of ``texts`` that were not seen in the last ``away`` seconds."""
        self._seen = {
            text: at for text, at in self._seen.items() if now - at < self._away
        }
        fresh = [text for text in texts if text not in self._seen]
        self._seen.update(dict.fromkeys(texts, now))
        return fresh


class Agreement:
    """Lets a reading pass that has a checksum or that two frames agree on.

    Code 39 has none: a VIN has its check digit instead, other texts the next frame.
    """

    def __init__(self, within: float = AWAY_SECONDS) -> None:
        self._within = within
        self._once: dict[str, float] = {}

    def agreed(self, codes: Iterable[Code], now: float) -> list[str]:
        """The texts that are certain by now."""
        sure = []
        before = self._once
        self._once = {
            text: at for text, at in before.items() if now - at < self._within
        }
        for code in codes:
            seen = code.text in self._once
            if (
                code.symbology not in UNCHECKED
                or seen
                or vin.has_check_digit(code.text)
            ):
                sure.append(code.text)
            if code.symbology in UNCHECKED:
                self._once[code.text] = now
        return sure


class Motion:
    """Whether something happens before the camera: only then is it looked at hard."""

    def __init__(self, lively: float = LIVELY_SECONDS) -> None:
        self._lively = lively
        self._thumb: np.ndarray | None = None
        self._moved = float("-inf")

    def moves(self, frame: Frame, now: float) -> bool:
        few = views.thinned(frame, FRAME_SIZE[0])
        thumb = cv2.resize(few, (64, 36), interpolation=cv2.INTER_AREA).astype(np.int16)
        before, self._thumb = self._thumb, thumb
        if before is None or float(np.abs(thumb - before).mean()) > _STILL:
            self._moved = now
        return now - self._moved < self._lively


class Scanner:
    """Calls ``on_text`` once for each code each time it is held up, or typed.

    A code kept before the camera is one scan; taken away for two seconds and shown
    again it is another. So is one that a hand-held scanner types.

    :param on_crowd: is called instead where more codes are seen at once than
        ``MOST_AT_ONCE``: which of them is meant nobody can tell.
    """

    def __init__(
        self,
        feed: CameraFeed,
        on_text: Callable[[str], object],
        reader: Reader | None = None,
        clock: Callable[[], float] = time.monotonic,
        *,
        on_crowd: Callable[[], object] = lambda: None,
        effort: Effort | None = None,
    ) -> None:
        self._feed = feed
        self._on_crowd = on_crowd
        self._on_text = on_text
        self._reader = reader or Reader(clock=clock)
        self._clock = clock
        self._presence = Presence()
        self._crowd = Presence()
        self._hearing = threading.Lock()
        self._motion = Motion()
        self._effort = effort or Effort()
        self._agreement = Agreement()
        self._memory = Memory()
        self._frames = 0
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="scanner", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Returns once the thread ended: with the feed stopped, at once."""
        self._stopped.set()
        if self._thread:
            self._thread.join()

    def look(self, frame: Frame) -> None:
        """Take one frame."""
        now = self._clock()
        self._frames += 1
        moves = self._motion.moves(frame, now)
        suspicious = moves and self._effort.affords()
        self._effort.begin()
        codes = self._reader.read(
            frame,
            thorough=moves,
            suspicious=suspicious,
            labels=moves and self._frames % LABELS_EVERY == 0,
            memory=self._memory,
        )
        if suspicious:
            self._effort.end(read=bool(codes))
        self._hear(self._agreement.agreed(codes, now), now)

    def typed(self, readings: Sequence[str]) -> None:
        """Take what a scanner typed that stands in for a keyboard, from any thread.

        :param readings: the same keys by one layout and by another, the likeliest
            first.
        """
        if text := wedge.meant(readings):
            self._hear([text], self._clock())

    def _hear(self, texts: Sequence[str], now: float) -> None:
        with self._hearing:
            arrivals = self._presence.arrivals(texts, now)
            if len(set(texts)) <= MOST_AT_ONCE:
                for text in arrivals:
                    self._on_text(text)
            elif self._crowd.arrivals(["crowd"], now):
                self._on_crowd()

    def _run(self) -> None:
        number = 0
        while not self._stopped.is_set():
            newest = self._feed.wait_frame(number, timeout=0.5)
            if newest is None:
                # After the feed ended it answers at once; do not spin until told.
                self._stopped.wait(0.05)
                continue
            number, frame = newest
            try:
                self.look(frame)
            except Exception:  # one bad frame or scan must not end scanning
                _logger.exception("A frame could not be scanned")
