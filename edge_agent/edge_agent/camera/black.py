"""Whether the camera sees anything at all: a lens can be covered."""

import cv2
import numpy as np

from edge_agent.camera.source import Frame

BLACK_SECONDS = 3.0

_BRIGHTEST = 24
_MOST_CONTRAST = 6
"""Grey values of a thumbnail, in which a sensor's noise is averaged out. A bay in which
a sheet is white enough to be read has more contrast."""


class Blackness:
    """Over the frames of one camera."""

    def __init__(self, seconds: float = BLACK_SECONDS) -> None:
        self._seconds = seconds
        self._since: float | None = None

    def lasts(self, frame: Frame, now: float) -> bool:
        """Whether nothing but black was seen for so long."""
        if not is_black(frame):
            self._since = None
            return False
        if self._since is None:
            self._since = now
        return now - self._since >= self._seconds


def is_black(frame: Frame) -> bool:
    thumb = cv2.resize(frame, (32, 18), interpolation=cv2.INTER_AREA)
    low, high = int(np.min(thumb)), int(np.max(thumb))
    return high < _BRIGHTEST and high - low < _MOST_CONTRAST
