"""A code seen from straight above, with its light and contrast made even."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.scan import views
from edge_agent.scan.code import Corners
from edge_agent.scan.symbol import side
from edge_agent.scan.views import Gray

Floats = NDArray[np.float32]

PIXELS = 4
"""Of the straightened image, per module."""

MARGIN = 4
"""Modules around the code in it."""

DARK = 6.0
"""Grey values added before a logarithm: below it is the sensor's noise."""

NOISE = 0.05
"""Contrast, in logarithms, that is not made greater."""


@dataclass(frozen=True)
class Straight:
    """A code seen from straight above, as far as its corners tell.

    :ivar image: dark is positive; each place by the contrast around it.
    :ivar back: homography from its pixels to the frame's.
    """

    version: int
    image: Floats
    back: NDArray[np.float64]


def straighten(image: Gray, corners: Corners, version: int) -> Straight:
    """About 0.4 ms for a code of 45 modules."""
    size = side(version)
    low, high = MARGIN * PIXELS - 0.5, (MARGIN + size) * PIXELS - 0.5
    target = np.array([[low, low], [high, low], [high, high], [low, high]], np.float32)
    back = homography(target, corners)
    total = (size + 2 * MARGIN) * PIXELS
    # Warping alone would skip the pixels between those that it looks at.
    factor = (
        PIXELS
        * size
        / float(np.linalg.norm(corners - np.roll(corners, 1, 0), axis=1).max())
    )
    flat = cv2.warpPerspective(
        image if factor > 0.6 else views.scaled(image, factor),
        back if factor > 0.6 else np.diag([factor, factor, 1]) @ back,
        (total, total),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return Straight(version, even(floats(flat), 7, 11, PIXELS), back)


def even(flat: Floats, near: float, wide: float, module: float = 1.0) -> Floats:
    """Light and contrast made even, dark positive, from -2 to 2.

    In logarithms a shadow only shifts what lies in it.

    :param near: modules over which the light is made even; ``wide``, the contrast.
    """
    # In place: a region that is turned upright may have a million pixels.
    deep = floats(flat + DARK)
    np.negative(np.log(deep, out=deep), out=deep)
    deep -= floats(cv2.blur(deep, (round(near * module) | 1,) * 2))
    spread = floats(cv2.blur(deep * deep, (round(wide * module) | 1,) * 2))
    # Where all is equal, a running mean's rounding may end a little below zero.
    np.sqrt(np.maximum(spread, 0, out=spread), out=spread)
    spread += NOISE
    deep /= spread
    return np.clip(deep, -2, 2, out=deep)


def homography(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.float64]:
    """What moves four points to four others."""
    way = cv2.getPerspectiveTransform(floats(one), floats(other))
    return np.asarray(way, np.float64)


def moved(points: NDArray[Any], way: NDArray[np.float64]) -> Corners:
    """Points n × 2 by a homography."""
    return np.asarray(cv2.perspectiveTransform(points[None].astype(float), way)[0])


def look(layer: Floats, at: Floats) -> Floats:
    """The layer's values at pixels n × 2."""
    x, y = floats(at[:, 0]), floats(at[:, 1])
    # OpenCV maps at most 32,767 rows at a time.
    parts = [
        np.ravel(cv2.remap(layer, x[each], y[each], cv2.INTER_LINEAR))
        for each in (slice(first, first + 30000) for first in range(0, len(x), 30000))
    ]
    return floats(np.concatenate(parts))


def soft(image: Floats, modules: float) -> Floats:
    """A straightened image blurred by so many modules."""
    return floats(cv2.GaussianBlur(image, (0, 0), modules * PIXELS))


def floats(values: object) -> Floats:
    """What OpenCV returns; its annotations do not say of which type."""
    return np.asarray(values, np.float32)


def quantile(values: NDArray[Any], share: float) -> float:
    """As numpy's, between two values linearly; numpy's own loads 7 MB of masked arrays.

    :param share: from 0 to 1.
    """
    at = share * (values.size - 1)
    low = int(at)
    high = min(low + 1, values.size - 1)
    ordered = np.partition(values.ravel(), (low, high))
    below, above = float(ordered[low]), float(ordered[high])
    return below + (above - below) * (at - low)
