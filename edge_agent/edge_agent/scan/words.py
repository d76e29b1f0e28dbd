"""From weighed modules to text: what is doubted is mended, the rest is checked."""

from dataclasses import dataclass

import numpy as np
import zxingcpp

from edge_agent.scan import correct, symbol
from edge_agent.scan.straight import quantile
from edge_agent.scan.symbol import Modules, Signs

_FAMILY = zxingcpp.barcode_formats_from_str("QRCode")
"""Of a pure image zxing-cpp reads nothing when asked for Model 2 alone."""

LEAST_FORMAT = 0.35
"""Agreement with the nearest format below which there is no code."""

MOST_MENDED = 0.2
"""Share of the surely seen modules that a mended symbol may contradict."""


@dataclass(frozen=True)
class Mended:
    """:ivar signs: of the modules of the blocks that are valid, 0 elsewhere.

    :ivar valid: how many blocks are valid.
    :ivar whole: the symbol, once all its blocks are valid and agree with what was seen.
    """

    signs: Signs
    valid: int
    whole: Modules | None


def mend(signs: Signs) -> Mended | None:
    """The valid symbol nearest to weighed modules, as far as there is one. 1–6 ms.

    None where they are no code.
    """
    size = len(signs)
    version = (size - 17) // 4
    form = symbol.read_format(signs)
    if form.agreement < LEAST_FORMAT:
        return None
    rows, columns = symbol.path(version)
    whole_bits = len(rows) // 8 * 8
    rows, columns = rows[:whole_bits], columns[:whole_bits]
    seen = signs[rows, columns]
    inverted = symbol.mask(form.mask, size)[rows, columns]
    words = np.packbits((seen > 0) ^ inverted)
    doubt = -np.abs(seen).reshape(-1, 8).min(axis=1)
    blocks = form.blocks(version)
    whole = words.copy()
    valid = np.zeros(len(words), bool)
    count = 0
    for places in blocks.places:
        block = correct.mend(words[places], doubt[places], blocks.parity)
        if block is not None:
            whole[places], valid[places] = block, True
            count += 1
    told = np.zeros_like(signs)
    bits = np.where(np.unpackbits(whole).astype(bool) ^ inverted, 1.0, -1.0)
    told[rows, columns] = bits * np.repeat(valid, 8)
    if not valid.all():
        return Mended(told, count, None)
    result = symbol.render(version, whole, form)
    return Mended(told, count, result if _agrees(result, signs) else None)


def _agrees(whole: Modules, signs: Signs) -> bool:
    sure = np.abs(signs) >= quantile(np.abs(signs), 0.5)
    wrong = (whole != (signs > 0))[sure]
    return bool(wrong.mean() <= MOST_MENDED)


def read_clean(whole: Modules) -> str | None:
    """The text of a symbol without a fault, drawn clean and read by zxing-cpp.

    So texts are made in one place only.
    """
    picture = np.where(np.pad(whole, 4), 0, 255).astype(np.uint8)
    picture = np.kron(picture, np.ones((3, 3), np.uint8))
    codes = zxingcpp.read_barcodes(picture, formats=_FAMILY, is_pure=True)
    return codes[0].text if codes and codes[0].valid and codes[0].text else None
