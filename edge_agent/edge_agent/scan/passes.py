"""The ways in which a frame is looked at, in the order that gains most per millisecond.

Each pass takes a ``Look`` and adds what it reads to it. docs/reader.md has what each
brings and costs; ``deploy/bench scan --passes`` measures it.
"""

from collections.abc import Callable

import cv2
import numpy as np

from edge_agent.scan import decoders, grid, locate, views, words
from edge_agent.scan.code import Code, Corners
from edge_agent.scan.look import Look

Pass = Callable[[Look], None]

LEAST_FIT = 0.35
"""Correlation of the fixed patterns below which a grid does not lie on a code."""

MOST_ROUNDS = 4
"""Of mending a code: each fits and weighs it anew by what the last one mended."""

_ZOOM_PIXELS = 700
"""A region is enlarged up to this side."""


def first_glance(look: Look) -> None:
    """zxing-cpp on the frame as it is; then where else a code may be."""
    look.take(decoders.zxing(look.image))
    look.regions = locate.regions(look.image)


def closer(look: Look) -> None:
    """zxing-cpp on each region alone, enlarged: small codes, several at once."""
    for region in look.open_regions():
        if look.late:
            return
        image, factor, at = _cut(look, region)
        look.take(decoders.zxing(image, factor=factor, at=at))


def mend_failed(look: Look) -> None:
    """Fit a grid to each code that zxing-cpp saw and could not read."""
    for corners in look.open_failures():
        for version in locate.versions(look.image, corners, most=1):
            if look.late:
                return
            _mend(look, corners, version)


def mend_regions(look: Look) -> None:
    """Look for finder patterns in each region, fit a grid to what they say."""
    for region in look.open_regions()[:2]:
        if look.late:
            return
        for version, corners in locate.by_finders(look.image, region):
            if look.late or look.reads(*region.mean(axis=0)):
                return
            _mend(look, corners, version)


def more_contrast(look: Look) -> None:
    """zxing-cpp on the frame with its contrast made even: low light, shadow."""
    look.take(decoders.zxing(views.contrast(look.image), invert=False))


def black_and_white(look: Look) -> None:
    """zxing-cpp on a frame thresholded by each pixel's neighbourhood."""
    look.take(decoders.zxing(views.threshold(look.image), invert=False))


def half(look: Look) -> None:
    """zxing-cpp on the frame at half its size: noise, and very large codes."""
    look.take(decoders.zxing(views.scaled(look.image, 0.5), factor=0.5, invert=False))


def other_reader(look: Look) -> None:
    """zbar on each region."""
    for region in look.open_regions():
        if look.late:
            return
        image, factor, at = _cut(look, region)
        look.take(decoders.zbar(image, factor=factor, at=at))


ORDER: tuple[Pass, ...] = (
    first_glance,
    closer,
    mend_failed,
    mend_regions,
    more_contrast,
    black_and_white,
    half,
    other_reader,
)


def _cut(look: Look, region: Corners) -> tuple[views.Gray, float, tuple[int, int]]:
    """A region with a quiet zone, up to twice its size; its factor and place."""
    low, high = region.min(axis=0), region.max(axis=0)
    margin = 0.15 * float((high - low).max()) + 6
    rows, columns = look.image.shape
    x0, y0 = np.maximum(low - margin, 0).astype(int)
    x1, y1 = np.minimum(high + margin, (columns, rows)).astype(int)
    factor = min(2.0, _ZOOM_PIXELS / max(1, x1 - x0, y1 - y0))
    image = look.image[y0:y1, x0:x1]
    if factor > 1:
        image = views.sharpened(views.scaled(image, factor))
    else:
        factor, image = 1.0, np.ascontiguousarray(image)
    return image, factor, (int(x0), int(y0))


def _mend(look: Look, corners: Corners, version: int) -> None:
    straight = grid.straighten(look.image, corners, version)
    bend = grid.fit(straight)
    if bend.score < LEAST_FIT:
        return
    signs = grid.equalise(straight, bend)
    for _ in range(MOST_ROUNDS):
        mended = words.mend(signs)
        if mended is None:
            return
        if mended.whole is not None:
            _keep(look, straight, bend, words.read_clean(mended.whole))
            return
        if look.late:
            return
        # Blocks that are valid say what lies between those that are not.
        taught = np.where(mended.signs, mended.signs, np.sign(signs))
        bend = grid.refit(straight, bend, taught)
        signs = grid.equalise(straight, bend, mended.signs)


def _keep(
    look: Look, straight: grid.Straight, bend: grid.Bend, text: str | None
) -> None:
    if text is None:
        return
    size = 17 + 4 * straight.version
    outline = np.array([[0, 0], [size, 0], [size, size], [0, size]], np.float32)
    pixels = bend.at(outline, size).astype(np.float64)
    seen = cv2.perspectiveTransform(pixels[None], straight.back)[0]
    look.take(([Code(text, seen)], []))
