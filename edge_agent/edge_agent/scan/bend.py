"""Laying a grid of modules on a code that is bent, by the patterns that are fixed."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.scan.straight import (
    MARGIN,
    PIXELS,
    Floats,
    Straight,
    floats,
    look,
    soft,
)
from edge_agent.scan.symbol import FINDER, Signs, known, side

LEAST_START = 0.2
"""Correlation of the finder patterns alone, some soiled, below which there are none."""

LEAST_FIT = 0.35
"""Correlation of the fixed patterns below which a grid does not lie on a code."""

_STIFFNESS = 0.02

Chart = tuple[Floats, Floats, Floats]
"""Where to look (n × 2, modules), what is there after a blur, the basis (n × 10)."""


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
def _chart(version: int, far: float) -> Chart:
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


def _template(signs: Signs, size: int, every: int = 1) -> Chart:
    large = soft(floats(np.kron(np.pad(signs, 1), np.ones((4, 4)))), 0.5)
    places = (np.arange(2 * size) + 0.5) / 2
    columns, rows = np.meshgrid(places, places)
    there = np.asarray(np.kron(signs, np.ones((2, 2))) != 0)
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
    layer = soft(straight.image, 0.35)
    return Bend(_to_alignment(layer, bend.shift.copy(), straight.version), bend.score)


def unbend(straight: Straight, bend: Bend) -> Bend:
    """Follow the two timing lines, whose ends the finder patterns hold, then find the
    alignment pattern.

    A bent sheet moves the middle of a line by several modules; from there no descent
    finds back. So all sags of a line are tried at once, along it and across. 3 ms.
    """
    size = side(straight.version)
    if size < 25:
        return bend
    layer = soft(straight.image, 0.35)
    shift = bend.shift.copy()
    count = 4 * (size - 14) // 2
    line = np.linspace(7, size - 7, count, endpoint=False) + 0.25
    expected = np.where((line.astype(int) % 2) == 0, 1.0, -1.0).astype(np.float32)
    for across in (True, False):
        fixed = np.full_like(line, 6.5)
        points = floats(np.stack([line, fixed] if across else [fixed, line], 1))
        sag = _sag(layer, Bend(shift).at(points, size), line, expected, across, size)
        # (1 - t²) is the constant less the square of this direction.
        shift[0] += sag
        shift[3 if across else 5] -= sag
    return Bend(_to_alignment(layer, shift, straight.version), bend.score)


def _sag(
    layer: Floats,
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
    seen = look(layer, tried.reshape(-1, 2).astype(np.float32)).reshape(len(moves), -1)
    seen = seen - seen.mean(axis=1, keepdims=True)
    length = np.sqrt((seen**2).sum(axis=1) * (expected**2).sum()) + 1e-6
    scores = seen @ (expected - expected.mean()) / length
    # Of equals the least bent.
    scores -= 0.01 * np.linalg.norm(grid, axis=1) / PIXELS
    return np.asarray(moves[int(np.argmax(scores))], np.float32)


def _to_alignment(layer: Floats, shift: Floats, version: int) -> Floats:
    """Move the corner across from the top left onto its alignment pattern."""
    size = side(version)
    middle = np.array([[size - 6.5, size - 6.5]], np.float32)
    at = Bend(shift).at(middle, size)[0]
    reach, half = 6 * PIXELS, round(2.5 * PIXELS)
    left, top = np.round(at - reach - half + 0.5).astype(int)
    if left < 0 or top < 0:
        return shift
    extent = 2 * (reach + half)
    window = layer[top : top + extent, left : left + extent]
    if min(window.shape) < 2 * half + 1:
        return shift
    signs = np.kron(FINDER[1:6, 1:6] * -1, np.ones((PIXELS, PIXELS), np.float32))
    signs[PIXELS:-PIXELS, PIXELS:-PIXELS] = -1
    signs[2 * PIXELS : 3 * PIXELS, 2 * PIXELS : 3 * PIXELS] = 1
    template = soft(floats(signs), 0.35)
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
    chart: Chart,
    blur: float,
    degree: int,
    rounds: int,
) -> Bend:
    """Gauss–Newton with weights that leave out what is soiled."""
    points, expected, powers = chart
    terms = {1: 3, 2: 6, 3: 10}[degree]
    size = side(straight.version)
    layer = soft(straight.image, blur)
    slopes = [
        floats(cv2.Sobel(layer, cv2.CV_32F, *way, scale=1 / 8))
        for way in ((1, 0), (0, 1))
    ]
    stiff = np.tile(np.array([0, 0.2, 0.2] + [1] * 3 + [2] * 4)[:terms], 2)
    shift = bend.shift.copy()
    score = bend.score
    for _ in range(rounds):
        at = Bend(shift).at(points, size)
        seen, across, down = (look(each, at) for each in (layer, *slopes))
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
