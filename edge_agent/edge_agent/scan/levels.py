"""How codewords are split into blocks: ISO/IEC 18004, table 9."""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Per version from 1 to 40: error correction codewords of a block.
_PARITY = {
    "L": (7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28)
    + (28, 28, 28, 30, 30, 26, 28)
    + (30,) * 14,
    "M": (10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26)
    + (26, 26)
    + (28,) * 19,
    "Q": (13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26)
    + (30, 28, 30, 30, 30, 30, 28)
    + (30,) * 14,
    "H": (17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26)
    + (28, 30, 24)
    + (30,) * 18,
}
# Per version: blocks.
_BLOCKS = {
    "L": (1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12)
    + (12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25),
    "M": (1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18)
    + (20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49),
    "Q": (1, 1, 2, 2, 4, 4, 6, 6, 8, 8, 8, 10, 12, 16, 12, 17, 16, 18, 21, 20, 23, 23)
    + (25, 27, 29, 34, 34, 35, 38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65, 68),
    "H": (1, 1, 2, 4, 4, 4, 5, 6, 8, 8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25, 25, 34)
    + (30, 32, 35, 37, 40, 42, 45, 48, 51, 54, 57, 60, 63, 66, 70, 74, 77, 81),
}


@dataclass(frozen=True)
class Blocks:
    """:ivar parity: error correction codewords of each block.
    :ivar places: for each block, where its codewords lie in the symbol's order.
    """

    parity: int
    places: tuple[NDArray[np.intp], ...]


@functools.lru_cache(64)
def blocks(version: int, level: str) -> Blocks:
    """The blocks of a symbol, deinterleaved (7.6)."""
    count, parity = _BLOCKS[level][version - 1], _PARITY[level][version - 1]
    total = _codewords(version)
    short = total // count - parity
    longer = total % count
    lengths = [short] * (count - longer) + [short + 1] * longer
    places: list[list[int]] = [[] for _ in range(count)]
    at = 0
    for step in range(short + 1):
        for number in range(count):
            if step < lengths[number]:
                places[number].append(at)
                at += 1
    for _ in range(parity):
        for number in range(count):
            places[number].append(at)
            at += 1
    return Blocks(parity, tuple(np.array(each) for each in places))


def _codewords(version: int) -> int:
    """All codewords of a symbol: its modules less what is fixed, in bytes."""
    bits = (16 * version + 128) * version + 64
    if version >= 2:
        count = version // 7 + 2
        bits -= (25 * count - 10) * count - 55
        if version >= 7:
            bits -= 36
    return bits // 8
