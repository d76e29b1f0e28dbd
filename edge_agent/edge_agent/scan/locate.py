"""Where a QR code could be, and which version, when no decoder found it."""

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.scan import views
from edge_agent.scan.code import Corners
from edge_agent.scan.straight import (
    Floats,
    even,
    floats,
    homography,
    moved,
    quantile,
)
from edge_agent.scan.symbol import FINDER, known, side
from edge_agent.scan.views import Gray

SHRINK = 4
MAX_REGIONS = 12
_LEAST_SIDE = 40
"""Pixels of the frame; smaller, no module has two of them."""

LEAST_SCORE = 2.0
"""Busyness times the root of the area below which a region is not promising: codes on
photographs for tuning had 2.1 and more, tools, print and edges seldom as much."""

_PLANE = 180
"""Side of a region once it is turned upright, in pixels."""

_ROOM = 30
"""Pixels around it, since a region's edge is only about where the code's is."""

_MODULES = tuple(2.0 * 1.13**step for step in range(13))
"""Pixels in that plane: codes of 21 to 77 modules, regions up to 1.3 times as large."""

LEAST_FINDER = 0.45
"""Correlation from which a place may be a finder pattern."""

MOST_TRIPLES = 6

SURE_FINDER = 0.62
"""Correlation below which a finder pattern may be one that is soiled, or none."""


def regions(image: Gray) -> list[Corners]:
    """Squares in which much changes in two directions, the likeliest first.

    The smaller eigenvalue of the structure tensor, over light and contrast made even:
    an edge has none, print in lines has little, a code has much, turned as it may be.
    About 3 ms for 1280 × 720.
    """
    small = floats(views.scaled(image, 1 / SHRINK))
    layer = floats(cv2.GaussianBlur(even(small, 15, 25), (0, 0), 0.7))
    busy = floats(cv2.cornerMinEigenVal(layer, 7, ksize=3))
    busy = floats(cv2.blur(busy, (5, 5)))
    found: list[tuple[float, Corners]] = []
    for share in (0.22, 0.45):
        level = share * quantile(busy, 0.995)
        mask = (busy > max(level, 1e-4)).astype(np.uint8)
        opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
        for score, corners in _squares(np.asarray(opened, np.uint8), busy):
            if not any(_same(corners, other) for _, other in found):
                found.append((score, corners))
    found.sort(key=lambda each: -each[0])
    return [corners for _, corners in found[:MAX_REGIONS]]


def _squares(mask: NDArray[np.uint8], busy: Floats) -> list[tuple[float, Corners]]:
    squares = []
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for outline in outlines:
        area = cv2.contourArea(outline)
        box = cv2.minAreaRect(outline)
        short, long = sorted(box[1])
        if short * SHRINK < _LEAST_SIDE or long > 2.6 * short:
            continue
        if area < 0.45 * short * long:
            continue
        left, top, width, height = cv2.boundingRect(outline)
        within = busy[top : top + height, left : left + width]
        score = float(within.mean()) * min(area, 4000.0) ** 0.5
        if score < LEAST_SCORE:
            continue
        squares.append((score, cv2.boxPoints(box).astype(float) * SHRINK + 1.5))
    return squares


def _same(one: Corners, other: Corners) -> bool:
    size = np.linalg.norm(other[0] - other[1])
    near = np.linalg.norm(one.mean(axis=0) - other.mean(axis=0)) < 0.25 * size
    return bool(near and abs(np.linalg.norm(one[0] - one[1]) / size - 1) < 0.3)


def by_finders(
    image: Gray, region: Corners, most: int = 2
) -> list[tuple[int, Corners]]:
    """Version and corners of the codes that this region may hold, the likeliest first.

    The region is turned upright and finder patterns of each size are sought near its
    corners: three or, where one is soiled, two of them say where the code is. Blur
    only lowers the correlation, it does not move its peak. About 10 ms.
    """
    total = _PLANE + 2 * _ROOM
    low, high = _ROOM, _ROOM + _PLANE
    target = np.array([[low, low], [high, low], [high, high], [low, high]], np.float32)
    back = homography(target, region)
    plane = cv2.warpPerspective(
        image,
        back,
        (total, total),
        flags=cv2.INTER_AREA | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    flat = even(floats(plane), 43, 43)
    found = [each for module in _MODULES for each in _triples(flat, module)]
    found.sort(key=lambda each: -each[0])
    ranked = []
    for score, size, places in found[:MOST_TRIPLES]:
        near = round((size - 17) / 4)
        for version in range(max(1, near - 1), min(40, near + 1) + 1):
            square = _square(places, side(version))
            ranked.append((_timed(flat, square, version) + score, version, square))
    ranked.sort(key=lambda each: -each[0])
    codes: list[tuple[int, Corners]] = []
    for _, version, square in ranked:
        if version not in [tried for tried, _ in codes]:
            codes.append((version, moved(square, back)))
    return codes[:most]


def _triples(flat: Floats, module: float) -> list[tuple[float, float, Corners]]:
    """Score, modules on a side and the middles of the finder patterns of this size.

    Clockwise from the symbol's own top left; the third is where a fourth would be.
    """
    template = _finder(max(8, round(8.6 * module)))
    half = len(template) / 2
    reach = round(_PLANE * 0.24 + half)
    peaks: list[tuple[float, NDArray[np.float64]]] = []
    for x, y in ((0, 0), (1, 0), (1, 1), (0, 1)):
        left = max(0, round(_ROOM + x * _PLANE + (3.5 - 7 * x) * module - reach))
        top = max(0, round(_ROOM + y * _PLANE + (3.5 - 7 * y) * module - reach))
        window = flat[top : top + 2 * reach, left : left + 2 * reach]
        if min(window.shape) < len(template):
            return []
        match = cv2.matchTemplate(window, template, cv2.TM_CCOEFF_NORMED)
        _, best, _, at = cv2.minMaxLoc(match)
        peaks.append((best, np.array([left + at[0] + half, top + at[1] + half]) - 0.5))
    weakest = np.argsort([best for best, _ in peaks])[:2]
    certain = peaks[int(weakest[1])][0] >= SURE_FINDER
    return [
        each
        for missing in weakest[: 1 if certain else 2]
        for each in _turned(peaks, int(missing), module)
    ]


def _turned(
    peaks: list[tuple[float, NDArray[np.float64]]], missing: int, module: float
) -> list[tuple[float, float, Corners]]:
    """The triples if the corner ``missing`` is the one without a finder pattern."""
    # The symbol's own top left is the corner across from it.
    order = [(missing + 2 + step) % 4 for step in range(4)]
    scores = np.array([peaks[at][0] for at in order])
    scores[2] = 1
    weak = int(np.argmin(scores))
    ranked = sorted(scores[[0, 1, 3]])
    if ranked[1] < LEAST_FINDER:
        return []
    places = np.array([peaks[at][1] for at in order])
    tried = [places]
    if ranked[0] < SURE_FINDER:
        # Soiled: it is where the two others say.
        other = places.copy()
        first, top, _, bottom = places
        if weak == 0:
            way = (bottom - top) / 2
            other[0] = (top + bottom) / 2 + np.array([way[1], -way[0]])
        else:
            near = (bottom if weak == 1 else top) - first
            turned = np.array([near[1], -near[0]])
            other[weak] = first + (turned if weak == 1 else -turned)
        tried.append(other)
    found = []
    for number, each in enumerate(tried):
        each[2] = each[1] + each[3] - each[0]
        sides = np.linalg.norm(each[[1, 3]] - each[0], axis=1)
        size = float(sides.mean()) / module + 7
        skewed = abs(float(np.log(max(sides.min(), 1) / sides.max())))
        score = ranked[1] + ranked[2] + 0.7 * (ranked[0], 0.4)[number] - skewed
        if 19 <= size <= 80:
            found.append((float(score), size, each))
    return found


def _square(places: Corners, size: int) -> Corners:
    """The outline of a code of ``size`` modules with finder patterns at ``places``."""
    low, high = 3.5, size - 3.5
    inner = np.array([[low, low], [high, low], [high, high], [low, high]], np.float32)
    outer = np.array([[0, 0], [size, 0], [size, size], [0, size]], np.float32)
    way = homography(inner, places)
    return moved(outer, way)


def _timed(flat: Floats, square: Corners, version: int) -> float:
    """How well the fixed patterns of this version correlate with what is there."""
    signs = known(version)
    rows, columns = np.nonzero(signs)
    size = len(signs)
    outer = np.array([[0, 0], [size, 0], [size, size], [0, size]], np.float32)
    way = homography(outer, square)
    points = np.stack([columns + 0.5, rows + 0.5], 1)
    at = moved(points, way)
    x, y = np.clip(np.round(at), 0, len(flat) - 1).astype(int).T
    return _correlation(flat[y, x], signs[rows, columns])


@functools.lru_cache(64)
def _finder(size: int) -> Floats:
    """A finder pattern with its separator, ``size`` pixels for 8.6 modules."""
    signs = np.pad(FINDER, 1, constant_values=-1)
    large = cv2.resize(np.kron(signs, np.ones((8, 8), np.float32)), None, fx=1, fy=1)
    cut = large[2:-2, 2:-2] if len(large) > 68 else large
    soft = cv2.GaussianBlur(cut, (0, 0), 3)
    return np.asarray(
        cv2.resize(soft, (size, size), interpolation=cv2.INTER_AREA), np.float32
    )


def _correlation(one: Floats, other: Floats) -> float:
    one, other = one - one.mean(), other - other.mean()
    return float(one @ other / (np.sqrt((one @ one) * (other @ other)) + 1e-9))


def versions(image: Gray, corners: Corners, most: int = 2) -> list[int]:
    """The versions that fit corners which a decoder gave, the likeliest first. 3 ms."""
    size = 320
    target = np.array([[0, 0], [size, 0], [size, size], [0, size]], np.float32)
    back = homography(target, corners)
    plane = cv2.warpPerspective(
        image, back, (size, size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    flat = even(floats(plane), 75, 75)
    scores = []
    for version in range(1, 41):
        signs = known(version)
        rows, columns = np.nonzero(signs)
        scale = size / len(signs)
        seen = flat[
            ((rows + 0.5) * scale).astype(int), ((columns + 0.5) * scale).astype(int)
        ]
        scores.append(_correlation(seen, signs[rows, columns]))
    order = np.argsort(scores)[::-1]
    return [int(at) + 1 for at in order[:most]]
