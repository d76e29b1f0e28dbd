"""The decoders of others, as ours are called."""

import numpy as np
import zxingcpp
from pyzbar import pyzbar

from edge_agent.scan.code import Code, Corners
from edge_agent.scan.views import Gray

QR = zxingcpp.barcode_formats_from_str("QRCodeModel2")
"""Nothing of its family: a Micro QR code has one finder pattern and as few as two check
symbols, and is soon seen where an ordinary code is damaged."""

LABELS = zxingcpp.barcode_formats_from_str("DataMatrix|Code128|Code39")
"""On parts, and of a VIN on windscreens and papers."""

BARS = zxingcpp.barcode_formats_from_str("Code128|Code39")

SQUARES = zxingcpp.barcode_formats_from_str("DataMatrix")

LEAST_SIDE = 16
"""Pixels; a code has at least 21 modules."""

Found = tuple[list[Code], list[Corners]]
"""The codes read, and the corners of QR codes that were seen and not read."""


def zxing(
    image: Gray,
    *,
    factor: float = 1.0,
    at: tuple[int, int] = (0, 0),
    formats: zxingcpp.BarcodeFormats = QR,
    rotate: bool = True,
    downscale: bool = True,
    invert: bool = True,
) -> Found:
    """:param factor: ``image`` is so many times as large as in the frame.

    :param at: left and top of what it shows of the frame.
    """
    codes, failed = [], []
    for each in zxingcpp.read_barcodes(
        image,
        formats=formats,
        try_rotate=rotate,
        try_downscale=downscale,
        try_invert=invert,
        return_errors=True,
    ):
        corners = _corners(each.position) / factor + at
        name = each.format.name.removesuffix("Model2")
        if each.valid and each.text:
            codes.append(Code(each.text, corners, name))
        elif not each.valid and name == "QRCode" and _is_square(corners):
            failed.append(corners)
    return codes, failed


def zbar(image: Gray, *, factor: float = 1.0, at: tuple[int, int] = (0, 0)) -> Found:
    codes = []
    for each in pyzbar.decode(image, symbols=[pyzbar.ZBarSymbol.QRCODE]):
        if each.data and len(each.polygon) == 4:
            corners = np.array([[p.x, p.y] for p in each.polygon], float)
            codes.append(
                Code(each.data.decode(errors="replace"), corners / factor + at)
            )
    return codes, []


def _is_square(corners: Corners) -> bool:
    """Whether these can be a code's corners: some of zxing-cpp's lie in one place."""
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1)
    return bool(sides.min() > LEAST_SIDE and sides.max() < 4 * sides.min())


def _corners(position: zxingcpp.Position) -> Corners:
    top = (position.top_left, position.top_right)
    bottom = (position.bottom_right, position.bottom_left)
    return np.array([[place.x, place.y] for place in top + bottom], float)
