"""Finding each module of a bent, blurred or soiled code.

The code is straightened by its four corners, then a smooth bend is fitted so that what
the standard fixes (finder, timing and alignment patterns) lies where it is seen, then
each module is weighed against its neighbours by a filter that is learnt from exactly
these fixed modules: they are the lens' and the hand's own test chart.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.scan.symbol import FINDER, Signs, known, side
from edge_agent.scan.views import Gray

Floats = NDArray[np.float32]
Corners = NDArray[np.float64]
"""4 × 2, pixels, clockwise from the symbol's own top left."""

PIXELS = 4
"""Of the straightened image, per module."""

MARGIN = 4
"""Modules around the code in it."""

LEAST_START = 0.35
"""Correlation of the finder patterns alone below which there are none."""

LEAST_FIT = 0.35
"""Correlation of the fixed patterns below which a grid does not lie on a code."""

DARK = 6.0
"""Grey values added before a logarithm: below it is the sensor's noise."""

_STIFFNESS = 0.02
_REACH = 4
"""Half modules to each side that the learnt filter looks at."""


@dataclass(frozen=True)
class Straight:
    """A code seen from straight above, as far as its corners tell.

    :ivar image: dark is positive; each place by the contrast around it.
    :ivar back: homography from its pixels to the frame's.
    """

    version: int
    image: Floats
    back: NDArray[np.float64]

    def to_frame(self, points: Corners) -> Corners:
        """Points in modules to pixels of the frame."""
        pixels = (points + MARGIN) * PIXELS - 0.5
        return cv2.perspectiveTransform(pixels[None].astype(np.float64), self.back)[0]


def straighten(image: Gray, corners: Corners, version: int) -> Straight:
    """About 0.4 ms for a code of 45 modules."""
    size = side(version)
    low, high = MARGIN * PIXELS - 0.5, (MARGIN + size) * PIXELS - 0.5
    target = np.array([[low, low], [high, low], [high, high], [low, high]], np.float32)
    back = cv2.getPerspectiveTransform(target, corners.astype(np.float32))
    total = (size + 2 * MARGIN) * PIXELS
    flat = cv2.warpPerspective(
        image,
        back,
        (total, total),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return Straight(version, _even(flat.astype(np.float32), PIXELS), back)


def _even(flat: Floats, module: float) -> Floats:
    """Light and contrast made even over some modules, dark positive.

    In logarithms a shadow only shifts what lies in it.
    """
    deep = -np.log(flat + DARK)
    near = (round(7 * module) | 1,) * 2
    wide = (round(11 * module) | 1,) * 2
    deep = deep - cv2.blur(deep, near)
    spread = cv2.sqrt(cv2.blur(deep * deep, wide)) + 0.04
    return np.asarray(np.clip(deep / spread, -2, 2), np.float32)


@dataclass
class Bend:
    """A polynomial of degree three that moves the modules of a straightened code."""

    shift: Floats
    score: float = 0.0

    @staticmethod
    def none() -> "Bend":
        return Bend(np.zeros((10, 2), np.float32))

    def at(self, points: Floats, size: int) -> Floats:
        """Pixels of the straightened image of ``points`` in modules, n × 2."""
        return (points + MARGIN) * PIXELS - 0.5 + basis(points, size) @ self.shift


def basis(points: Floats, size: int) -> Floats:
    """The ten monomials of degree ≤ 3 of places from -1 to 1."""
    u, v = (2 * points / size - 1).T
    terms = [np.ones_like(u), u, v, u * u, u * v, v * v]
    terms += [u**3, u * u * v, u * v * v, v**3]
    return np.stack(terms, axis=1).astype(np.float32)


@functools.lru_cache(256)
def _chart(version: int, far: float) -> tuple[Floats, Floats, Floats]:
    """Where to look (n × 2, modules), what is there after a blur, and the basis.

    :param far: modules from a finder pattern up to which it is looked; 0 for these
        alone, no alignment pattern unless it is more than any timing line is long.
    """
    signs = known(version).copy()
    size = len(signs)
    away = np.minimum(np.arange(size) - 7, size - 8 - np.arange(size))
    near = np.zeros_like(signs)
    near[:8, :8] = near[:8, -8:] = near[-8:, :8] = 1
    near[6, away <= far] = near[away <= far, 6] = 1
    return _template(signs if far > size else signs * near, size)


def _template(signs: Signs, size: int, every: int = 1) -> tuple[Floats, Floats, Floats]:
    large = np.kron(np.pad(signs, 1), np.ones((4, 4), np.float32))
    large = cv2.GaussianBlur(large, (0, 0), 2.0)
    places = (np.arange(2 * size) + 0.5) / 2
    columns, rows = np.meshgrid(places, places)
    there = np.kron(signs, np.ones((2, 2))) != 0
    there[(columns + rows) * 2 % every > 0] = False
    points = np.stack([columns[there], rows[there]], axis=1).astype(np.float32)
    at = np.floor(points * 4).astype(int) + 4
    expected = large[at[:, 1], at[:, 0]]
    return points, expected, basis(points, size)


def fits(straight: Straight) -> Iterator[Bend]:
    """Grids that lie on the fixed patterns, each found in another way, flat first.

    About 4 ms for the first one of a code of 45 modules, as much again for the next.
    """
    start = _descend(straight, Bend.none(), _chart(straight.version, 0.0), 1.2, 1, 6)
    if start.score < LEAST_START:
        return
    whole = _chart(straight.version, 99.0)
    best = 0.0
    for way in (_as_it_is, grow, unbend):
        tried = way(straight, start)
        for blur, degree, rounds in ((0.6, 2, 4), (0.5, 3, 4)):
            tried = _descend(straight, tried, whole, blur, degree, rounds)
        # A way that leads to the same grid, or a worse one, need not be read again.
        if tried.score > max(LEAST_FIT, best + 0.01):
            best = tried.score
            yield tried


def _as_it_is(straight: Straight, bend: Bend) -> Bend:
    return _descend(straight, bend, _chart(straight.version, 99.0), 0.6, 1, 2)


def grow(straight: Straight, bend: Bend) -> Bend:
    """From the finder patterns along the timing lines, a few modules at a time.

    What is known of a bend near the patterns says where the next modules are. 5 ms.
    """
    bend = _descend(straight, bend, _chart(straight.version, 0.0), 0.7, 2, 4)
    half = side(straight.version) / 2 - 7
    for far in np.arange(2.0, half + 2, 2.0):
        chart = _chart(straight.version, float(far))
        bend = _descend(straight, bend, chart, 0.45, 2 if far < 5 else 3, 2)
    soft = cv2.GaussianBlur(straight.image, (0, 0), 0.35 * PIXELS)
    return Bend(_to_alignment(soft, bend.shift.copy(), straight.version), bend.score)


def unbend(straight: Straight, bend: Bend) -> Bend:
    """Follow the two timing lines, whose ends the finder patterns hold, then find the
    alignment pattern.

    A bent sheet moves the middle of a line by several modules; from there no descent
    finds back. So all sags of a line are tried at once, along it and across. 3 ms.
    """
    size = side(straight.version)
    if size < 25:
        return bend
    soft = cv2.GaussianBlur(straight.image, (0, 0), 0.35 * PIXELS)
    shift = bend.shift.copy()
    count = 4 * (size - 14) // 2
    line = np.linspace(7, size - 7, count, endpoint=False) + 0.25
    expected = np.where((line.astype(int) % 2) == 0, 1.0, -1.0).astype(np.float32)
    for across in (True, False):
        fixed = np.full_like(line, 6.5)
        points = np.stack([line, fixed] if across else [fixed, line], 1)
        points = points.astype(np.float32)
        sag = _sag(soft, Bend(shift).at(points, size), line, expected, across, size)
        # (1 - t²) is the constant less the square of this direction.
        shift[0] += sag
        shift[3 if across else 5] -= sag
    return Bend(_to_alignment(soft, shift, straight.version), bend.score)


def _sag(
    soft: Floats,
    at: Floats,
    line: NDArray[np.float64],
    expected: Floats,
    across: bool,
    size: int,
) -> Floats:
    """The move of a line's middle, in pixels, under which it alternates best."""
    along = np.arange(-2.4, 2.5, 0.4) * PIXELS
    aside = np.arange(-6.0, 6.1, 0.5) * PIXELS
    grid = np.stack(np.meshgrid(along, aside), -1).reshape(-1, 2)
    moves = grid if across else grid[:, ::-1]
    # Nothing at the finder patterns' inner edges, all of it in the middle.
    share = 1 - (2 * line / size - 1) ** 2
    tried = at[None] + moves[:, None, :] * share[None, :, None]
    seen = _look(soft, tried.reshape(-1, 2).astype(np.float32)).reshape(len(moves), -1)
    seen = seen - seen.mean(axis=1, keepdims=True)
    length = np.sqrt((seen**2).sum(axis=1) * (expected**2).sum()) + 1e-6
    scores = seen @ (expected - expected.mean()) / length
    # Of equals the least bent.
    scores -= 0.01 * np.linalg.norm(grid, axis=1) / PIXELS
    return np.asarray(moves[int(np.argmax(scores))], np.float32)


def _to_alignment(soft: Floats, shift: Floats, version: int) -> Floats:
    """Move the corner across from the top left onto its alignment pattern."""
    size = side(version)
    middle = np.array([[size - 6.5, size - 6.5]], np.float32)
    at = Bend(shift).at(middle, size)[0]
    reach, half = 6 * PIXELS, round(2.5 * PIXELS)
    left, top = np.round(at - reach - half + 0.5).astype(int)
    if left < 0 or top < 0:
        return shift
    extent = 2 * (reach + half)
    window = soft[top : top + extent, left : left + extent]
    if min(window.shape) < 2 * half + 1:
        return shift
    signs = np.kron(FINDER[1:6, 1:6] * -1, np.ones((PIXELS, PIXELS), np.float32))
    signs[PIXELS:-PIXELS, PIXELS:-PIXELS] = -1
    signs[2 * PIXELS : 3 * PIXELS, 2 * PIXELS : 3 * PIXELS] = 1
    template = cv2.GaussianBlur(signs, (0, 0), 0.35 * PIXELS)
    match = cv2.matchTemplate(window, template, cv2.TM_CCOEFF_NORMED)
    rows, columns = np.indices(match.shape)
    away = np.hypot(rows - match.shape[0] / 2, columns - match.shape[1] / 2) / PIXELS
    match = match - 0.02 * away
    row, column = np.unravel_index(int(np.argmax(match)), match.shape)
    if match[row, column] < 0.5:
        return shift
    found = np.array([left + column + half, top + row + half]) - 0.5
    u, v = 2 * middle[0] / size - 1
    # What is nothing along the two timing lines and all of it here.
    t = 2 * 6.5 / size - 1
    whole = (u - t) * (v - t)
    move = (found - at) / whole
    result = shift.copy()
    for term, factor in ((0, t * t), (1, -t), (2, -t), (4, 1.0)):
        result[term] += factor * move
    return result


def refit(straight: Straight, bend: Bend, signs: Signs) -> Bend:
    """Move the grid onto all modules as they are believed to be. 3 ms."""
    chart = _template(signs, len(signs), every=2)
    return _descend(straight, bend, chart, 0.5, 3, 4)


def _descend(
    straight: Straight,
    bend: Bend,
    chart: tuple[Floats, Floats, Floats],
    blur: float,
    degree: int,
    rounds: int,
) -> Bend:
    """Gauss–Newton with weights that leave out what is soiled."""
    points, expected, powers = chart
    terms = {1: 3, 2: 6, 3: 10}[degree]
    size = side(straight.version)
    soft = cv2.GaussianBlur(straight.image, (0, 0), blur * PIXELS)
    slopes = [
        cv2.Sobel(soft, cv2.CV_32F, *way, scale=1 / 8) for way in ((1, 0), (0, 1))
    ]
    stiff = np.tile(np.array([0, 0.2, 0.2] + [1] * 3 + [2] * 4)[:terms], 2)
    shift = bend.shift.copy()
    score = bend.score
    for _ in range(rounds):
        at = Bend(shift).at(points, size)
        seen, across, down = (_look(layer, at) for layer in (soft, *slopes))
        gain, offset, score = _gain(expected, seen)
        if gain < 0.05:
            break
        miss = gain * expected + offset - seen
        weight = 1 / (1 + (miss / (0.7 * gain + 0.1)) ** 2)
        jacobian = np.concatenate(
            [across[:, None] * powers[:, :terms], down[:, None] * powers[:, :terms]], 1
        )
        weighted = jacobian * weight[:, None]
        normal = weighted.T @ jacobian
        rigid = _STIFFNESS * float(np.trace(normal)) / len(stiff) * stiff
        right = weighted.T @ miss - rigid * shift[:terms].T.ravel()
        step = np.linalg.solve(normal + np.diag(rigid + 1e-6), right)
        length = float(np.abs(step).max())
        step *= min(1.0, 1.5 * PIXELS / max(length, 1e-9))
        shift[:terms] += step.reshape(2, terms).T
        if length < 0.02 * PIXELS:
            break
    return Bend(shift, score)


def _gain(expected: Floats, seen: Floats) -> tuple[float, float, float]:
    """Of the line through expected and seen, and their correlation."""
    e, s = expected - expected.mean(), seen - seen.mean()
    both, square = float(e @ s), float(e @ e)
    gain = both / square
    score = both / float(np.sqrt(square * float(s @ s)) + 1e-9)
    return gain, float(seen.mean() - gain * expected.mean()), score


def _look(layer: Floats, at: Floats) -> Floats:
    """The layer's values at pixels n × 2."""
    maps = at.reshape(-1, 1, 2).astype(np.float32)
    # OpenCV maps at most 32,767 rows at a time.
    parts = [
        cv2.remap(layer, maps[first : first + 30000], None, cv2.INTER_LINEAR)
        for first in range(0, len(maps), 30000)
    ]
    return np.concatenate(parts).ravel()


@functools.lru_cache(40)
def _middles(size: int) -> Floats:
    columns, rows = np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5)
    return np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float32)


def sample(straight: Straight, bend: Bend) -> Signs:
    """Each module by the middle of it alone, about -1 to 1. 0.3 ms."""
    size = side(straight.version)
    soft = cv2.GaussianBlur(straight.image, (0, 0), 0.3 * PIXELS)
    seen = _look(soft, bend.at(_middles(size), size)).reshape(size, size)
    return np.asarray(seen, np.float32)


def equalise(straight: Straight, bend: Bend, taught: Signs | None = None) -> Signs:
    """Each module by a filter over its neighbours, learnt from the fixed modules.

    Blur by a lens or by motion in any direction is undone as a receiver undoes what
    the line did to a known preamble. Once learnt, what it decides surely teaches it
    again. About 6 ms for a code of 45 modules.

    :param taught: modules that are known besides the fixed ones.
    """
    signs = known(straight.version)
    size = len(signs)
    features = _features(straight, bend, size)
    target = (signs if taught is None else np.where(signs, signs, taught)).ravel()
    fixed = target != 0
    told = _learn(features, target, fixed.astype(np.float32), ridge=0.3)
    for _ in range(2):
        sure = np.clip(np.abs(told) * 1.5, 0, 1) * 0.5
        weight = np.where(fixed, 1.0, sure).astype(np.float32)
        goal = np.where(fixed, target, np.sign(told)).astype(np.float32)
        told = _learn(features, goal, weight, ridge=0.05)
    return np.asarray(told.reshape(size, size), np.float32)


def _features(straight: Straight, bend: Bend, size: int) -> Floats:
    reach = np.arange(-_REACH, _REACH + 1) * (PIXELS / 2)
    middles = bend.at(_middles(size), size)
    soft = cv2.GaussianBlur(straight.image, (0, 0), 0.2 * PIXELS)
    dx, dy = np.meshgrid(reach, reach)
    offsets = np.stack([dx.ravel(), dy.ravel()], axis=1).astype(np.float32)
    at = (middles[:, None, :] + offsets[None]).reshape(-1, 2)
    seen = _look(soft, at).reshape(len(middles), -1)
    return np.concatenate([seen, np.ones((len(seen), 1), np.float32)], axis=1)


def _learn(features: Floats, goal: Floats, weight: Floats, ridge: float) -> Floats:
    """Least squares from where there is weight, then told for all."""
    weighted = features * weight[:, None]
    normal = weighted.T @ features
    count = features.shape[1]
    # Without a lesson the middle counts and the neighbours do not.
    prior = np.zeros(count, np.float32)
    prior[count // 2] = 1.0
    strength = ridge * float(np.trace(normal)) / count
    filter_ = np.linalg.solve(
        normal + strength * np.eye(count, dtype=np.float32),
        weighted.T @ goal + strength * prior,
    )
    return np.asarray(features @ filter_, np.float32)
