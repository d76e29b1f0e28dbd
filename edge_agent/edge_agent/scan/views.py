"""Other ways to look at a frame in which a code was not read at the first glance."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]
Box = tuple[int, int, int, int]
"""Left, top, width, height."""

MAX_REGIONS = 3
_SHRINK = 4


def gray(image: NDArray[np.uint8]) -> Gray:
    return _gray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))


def contrast(image: Gray) -> Gray:
    """Each part of the frame with as much contrast as the best lit one."""
    return _gray(cv2.createCLAHE(clipLimit=3, tileGridSize=(8, 8)).apply(image))


def threshold(image: Gray) -> Gray:
    """Black and white by each pixel's own neighbourhood: shadows across a code."""
    soft = cv2.GaussianBlur(image, (0, 0), 0.8)
    return _gray(
        cv2.adaptiveThreshold(
            soft, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 31, 4
        )
    )


def enlarged(image: Gray, box: Box) -> Gray:
    """A region at twice its size and sharpened: small or blurred codes."""
    left, top, width, height = box
    region = image[top : top + height, left : left + width]
    twice = cv2.resize(region, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    return _gray(cv2.addWeighted(twice, 2.0, cv2.GaussianBlur(twice, (0, 0), 2), -1, 0))


def likely_regions(image: Gray) -> Iterator[Box]:
    """Where much changes in both directions within a square: codes do, text hardly.

    The likeliest first.
    """
    small = cv2.resize(
        image, None, fx=1 / _SHRINK, fy=1 / _SHRINK, interpolation=cv2.INTER_AREA
    )
    across = cv2.blur(np.abs(cv2.Sobel(small, cv2.CV_32F, 1, 0)), (9, 9))
    down = cv2.blur(np.abs(cv2.Sobel(small, cv2.CV_32F, 0, 1)), (9, 9))
    both = np.minimum(across, down)
    busy = (both > max(30.0, 0.5 * float(both.max()))).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(busy)
    found = []
    for left, top, width, height, area in stats[1:count]:
        long, short = max(width, height), min(width, height)
        if short * _SHRINK >= 32 and long <= 2.5 * short:
            found.append((int(area), _grown((left, top, width, height), image)))
    for _, box in sorted(found, reverse=True)[:MAX_REGIONS]:
        yield box


def _grown(box: Box, image: Gray) -> Box:
    """A box of the small image in pixels of the large one, with a quiet zone."""
    left, top, width, height = (int(value) * _SHRINK for value in box)
    margin = max(width, height) // 4 + 8
    rows, columns = image.shape
    x0, y0 = max(0, left - margin), max(0, top - margin)
    x1, y1 = min(columns, left + width + margin), min(rows, top + height + margin)
    # Twice this is still no more than a frame.
    return x0, y0, min(x1 - x0, 640), min(y1 - y0, 480)


def _gray(image: object) -> Gray:
    return np.asarray(image, np.uint8)
