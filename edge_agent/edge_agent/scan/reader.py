"""Reading codes from one frame within a time budget."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import zxingcpp
from pyzbar import pyzbar

from edge_agent.camera.source import as_frame
from edge_agent.scan import views
from edge_agent.scan.views import Gray

BUDGET_SECONDS = 0.15
MAX_SIDE = 1600
"""A larger frame is shrunk: with more pixels no pass keeps to its time."""

MIN_SIDE = 32

_QR = zxingcpp.barcode_formats_from_str("QRCode")

Read = tuple[list[str], bool]
"""The texts read, and whether something was seen that could not be read."""


class Reader:
    """zxing-cpp first; what it cannot read or does not see is looked at again.

    No pass begins after the budget, and each one is bounded by the frame's size.

    :param clock: seconds, monotonic.
    """

    def __init__(
        self,
        budget: float = BUDGET_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._budget = budget
        self._clock = clock

    def read(self, frame: Any, *, thorough: bool = True) -> list[str]:
        """The texts of the codes in ``frame``, each once; nothing when it is none.

        :param thorough: False looks once, for a scene in which nothing happens.
        """
        image = as_frame(frame)
        if image is None or min(image.shape[:2]) < MIN_SIDE:
            return []
        ends = self._clock() + self._budget
        found: dict[str, None] = {}
        for read in self._passes(_bounded(views.gray(image)), thorough):
            texts, more = read()
            found.update(dict.fromkeys(texts))
            if (found and not more) or self._clock() >= ends:
                break
        return list(found)

    def _passes(self, image: Gray, thorough: bool) -> Iterator[Callable[[], Read]]:
        yield lambda: _zxing(image)
        if not thorough:
            return
        yield lambda: _zxing(views.contrast(image))
        for box in views.likely_regions(image):
            yield lambda box=box: _zxing(views.enlarged(image, box))  # type: ignore[misc]
        yield lambda: _zxing(views.threshold(image))
        yield lambda: _zbar(image)


def _zxing(image: Gray) -> Read:
    codes = zxingcpp.read_barcodes(image, formats=_QR, return_errors=True)
    texts = [code.text for code in codes if code.valid and code.text]
    return texts, any(not code.valid for code in codes)


def _zbar(image: Gray) -> Read:
    codes = pyzbar.decode(image, symbols=[pyzbar.ZBarSymbol.QRCODE])
    return [code.data.decode(errors="replace") for code in codes if code.data], False


def _bounded(image: Gray) -> Gray:
    factor = MAX_SIDE / max(image.shape)
    if factor >= 1:
        return image
    return cv2.resize(  # type: ignore[return-value]
        image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA
    )
