"""Where bars may be, turned so that a line across the image crosses all of them.

zxing-cpp looks along rows and columns: bars that are held at an angle, or soiled here
and there, have no row that crosses all of them well.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.scan import views
from edge_agent.scan.code import Corners
from edge_agent.scan.straight import even, floats, moved
from edge_agent.scan.views import Gray

SHRINK = 2
MOST = 3
BANDS = 7
"""Stripes of the height, each averaged on its own: noise goes, and what soils one
leaves the others."""

_WINDOW = 15
_COHERENT = 0.55
"""Share of the change that is in one direction: bars have nearly all, print half."""

_LEAST_ENERGY = 0.35
"""Of the evened layer's squared slope; a wall has none of it."""

_OPENED = 19
"""A single edge is as wide as the window, and no bars."""

_LEAST_LENGTH = 60
_WIDTH = 1400
"""Pixels across to which bars are enlarged, but never more than twice."""

_ROWS = 8

_TALLEST = 240
"""Rows of upright bars; more say the same again."""


@dataclass(frozen=True)
class Bars:
    """:ivar image: the bars upright, with room at both ends.

    :ivar back: from its pixels to the frame's, 3 × 3.
    """

    image: Gray
    back: NDArray[np.float64]

    def views(self) -> Iterator[Gray]:
        """As it is; then in bands, sharpened, and with light and contrast even."""
        yield self.image
        bands = _banded(self.image)
        yield bands
        yield views.sharpened(bands)
        layer = even(floats(self.image), 61, 61)
        yield _banded(np.asarray(np.clip(128 - 60 * layer, 0, 255), np.uint8))

    @property
    def outline(self) -> Corners:
        """In the frame, clockwise from the left end's top."""
        high, wide = self.image.shape
        return moved(np.array([[0, 0], [wide, 0], [wide, high], [0, high]]), self.back)

    @property
    def middle(self) -> tuple[float, float]:
        x, y = self.outline.mean(axis=0)
        return float(x), float(y)


def _banded(image: Gray) -> Gray:
    """Each of ``BANDS`` stripes as the mean of its rows."""
    few = cv2.resize(image, (image.shape[1], BANDS), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(np.repeat(few, _ROWS, axis=0), np.uint8)


def find(image: Gray) -> Iterator[Bars]:
    """The largest patches in which nearly all change is in one direction. 4 ms."""
    small = floats(views.scaled(image, 1 / SHRINK))
    layer = floats(cv2.GaussianBlur(even(small, 31, 25), (0, 0), 1.0))
    across = floats(cv2.Sobel(layer, cv2.CV_32F, 1, 0, ksize=3))
    down = floats(cv2.Sobel(layer, cv2.CV_32F, 0, 1, ksize=3))
    xx, yy, xy = (
        floats(cv2.blur(each, (_WINDOW, _WINDOW)))
        for each in (across * across, down * down, across * down)
    )
    energy = xx + yy
    coherence = np.sqrt((xx - yy) ** 2 + 4 * xy**2) / (energy + 1e-6)
    mask = (coherence > _COHERENT) & (energy > _LEAST_ENERGY)
    opened = cv2.morphologyEx(
        mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((_OPENED, _OPENED), np.uint8)
    )
    count, patches, stats, _ = cv2.connectedComponentsWithStats(opened)
    largest = sorted(range(1, count), key=lambda each: -stats[each, cv2.CC_STAT_AREA])
    for patch in largest[:MOST]:
        rows, columns = np.nonzero(patches == patch)
        angle = 0.5 * np.arctan2(
            2 * float(xy[rows, columns].sum()),
            float((xx - yy)[rows, columns].sum()),
        )
        bars = _upright(image, np.column_stack([columns, rows]) * SHRINK, angle)
        if bars is not None:
            yield bars


def _upright(image: Gray, points: NDArray[np.int64], angle: float) -> Bars | None:
    cos, sin = float(np.cos(angle)), float(np.sin(angle))
    along = points @ np.array([[cos, -sin], [sin, cos]])
    low, high = along.min(axis=0), along.max(axis=0)
    length, height = high - low
    if length < _LEAST_LENGTH or height < 8:
        return None
    # The opening and the window took from the ends, and bars need a quiet zone.
    room = 0.12 * length + 24
    factor = min(2.0, _WIDTH / (length + 2 * room))
    down = min(factor, _TALLEST / height)
    size = round((length + 2 * room) * factor), max(16, round(height * down))
    forth = np.array(
        [
            [cos * factor, sin * factor, (room - low[0]) * factor],
            [-sin * down, cos * down, -low[1] * down],
        ]
    )
    turned = cv2.warpAffine(
        image, forth, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    back = np.linalg.inv(np.vstack([forth, [0, 0, 1]]))
    return Bars(np.asarray(turned, np.uint8), back)
