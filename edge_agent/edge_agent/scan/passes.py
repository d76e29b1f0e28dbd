"""The ways in which a frame is looked at, in the order that gains most per millisecond.

Each pass takes a ``Look`` and adds what it reads to it. docs/reader.md has what each
brings and costs; ``deploy/bench scan --passes`` measures it.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from edge_agent.scan import bars, decoders, locate, views, vin, words
from edge_agent.scan.bend import Bend, fits, refit
from edge_agent.scan.code import UNCHECKED, Code, Corners
from edge_agent.scan.equalise import equalise
from edge_agent.scan.look import Look
from edge_agent.scan.straight import Straight, moved, straighten
from edge_agent.scan.symbol import Modules, Signs, side

Pass = Callable[[Look], None]

LEAST_REMEMBERED = 0.5
"""Correlation of the fixed patterns from which a grid that could not be read is kept
for the next frame."""

MOST_ROUNDS = 4
"""Of mending a code: each fits and weighs it anew by what the last one mended."""

MOST_MENDED = 4
"""Regions of a frame that are searched for finder patterns."""

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


def again(look: Look) -> None:
    """Where the last frames had a code that could not be read, fit a grid at once."""
    for seen in look.memory.recent(look.clock()):
        if look.late:
            return
        if not look.reads(*seen.corners.mean(axis=0)):
            _mend(look, seen.corners, seen.version)


def mend_failed(look: Look) -> None:
    """Fit a grid to each code that zxing-cpp saw and could not read."""
    for corners in look.open_failures():
        for version in locate.versions(look.image, corners, most=1):
            if look.late:
                return
            _mend(look, corners, version)


def mend_regions(look: Look) -> None:
    """Look for finder patterns in each region, fit a grid to what they say."""
    for region in look.open_regions()[:MOST_MENDED]:
        if look.late:
            return
        for version, corners in locate.by_finders(look.image, region):
            if look.late or look.reads(*region.mean(axis=0)):
                return
            _mend(look, corners, version)


def more_contrast(look: Look) -> None:
    """zxing-cpp on the frame with its contrast made even: low light, shadow."""
    look.take(decoders.zxing(views.contrast(look.image), invert=False))


def other_reader(look: Look) -> None:
    """zbar on each region."""
    for region in look.open_regions():
        if look.late:
            return
        image, factor, at = _cut(look, region)
        look.take(decoders.zbar(image, factor=factor, at=at))


def labels(look: Look) -> None:
    """Code 39, Code 128 and DataMatrix by zxing-cpp: parts and VINs. 9 ms.

    Neither this nor ``label_regions`` is one of ``ORDER``: a label is held up for
    longer than a frame.
    """
    look.take(decoders.zxing(look.image, formats=decoders.LABELS, invert=False))


def label_regions(look: Look) -> None:
    """Where bars may be, they are turned upright; squares are looked at enlarged."""
    for found in bars.find(look.image):
        if look.late:
            return
        if not look.reads(*found.middle):
            look.take((_bars(look, found), []))
    for region in look.open_regions()[:MOST_MENDED]:
        if look.late:
            return
        image, factor, at = _cut(look, region)
        for each in (image, views.contrast(image)):
            look.take(
                decoders.zxing(each, factor=factor, at=at, formats=decoders.SQUARES)
            )


def _bars(look: Look, found: bars.Bars) -> list[Code]:
    """What the views of some bars agree on.

    One reading is enough where a checksum bears it out. Of Code 39, which has none,
    two are asked for and no other: torn bars soon end in what looks like an end.
    """
    seen: dict[str, int] = {}
    for image in found.views():
        codes, _ = decoders.zxing(
            image, formats=decoders.BARS, rotate=False, invert=False
        )
        for code in codes:
            if code.symbology not in UNCHECKED or vin.has_check_digit(code.text):
                return [replace(code, corners=found.outline)]
            seen[code.text] = seen.get(code.text, 0) + 1
        if look.late:
            break
    if len(seen) != 1:
        return []
    [(text, times)] = seen.items()
    return [Code(text, found.outline, "Code39")] if times > 1 else []


ORDER: tuple[Pass, ...] = (
    first_glance,
    again,
    closer,
    more_contrast,
    mend_failed,
    mend_regions,
    other_reader,
)

ON_SUSPICION = frozenset({more_contrast, mend_regions, other_reader})
"""Those that are worth their time only where there may be a code: they search all that
is busy in a frame, a checkered shirt as well."""


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
    """Read the code at ``corners`` by a grid, or remember what it looked like."""
    straight = straighten(look.image, corners, version)
    best: tuple[float, Bend, Signs] | None = None
    for bend in fits(straight):
        signs = equalise(straight, bend)
        whole = _mended(look, straight, bend, signs)
        if whole is not None:
            _keep(look, straight, bend, words.read_clean(whole))
            return
        if best is None or bend.score > best[0]:
            best = bend.score, bend, signs
        if look.late:
            break
    if best is not None and best[0] > LEAST_REMEMBERED:
        _, bend, signs = best
        summed = look.memory.add(_outline(straight, bend), version, signs, look.clock())
        if (
            summed is not None
            and (mended := words.mend(summed))
            and mended.whole is not None
        ):
            _keep(look, straight, bend, words.read_clean(mended.whole))


def _mended(look: Look, straight: Straight, bend: Bend, signs: Signs) -> Modules | None:
    """Mend, and let the blocks that are valid teach how to see the others."""
    valid = 0
    for turn in range(MOST_ROUNDS):
        mended = words.mend(signs)
        if mended is None:
            return None
        if mended.whole is not None:
            return mended.whole
        if look.late or (turn > 1 and mended.valid <= valid):
            return None
        valid = mended.valid
        taught = np.where(mended.signs, mended.signs, np.sign(signs))
        bend = refit(straight, bend, taught)
        signs = equalise(straight, bend, mended.signs)
    return None


def _outline(straight: Straight, bend: Bend) -> Corners:
    """The corners of the code, where the grid says that they are seen."""
    size = side(straight.version)
    outline = np.array([[0, 0], [size, 0], [size, size], [0, size]], np.float32)
    return moved(bend.at(outline, size), straight.back)


def _keep(look: Look, straight: Straight, bend: Bend, text: str | None) -> None:
    if text is not None:
        look.take(([Code(text, _outline(straight, bend))], []))
