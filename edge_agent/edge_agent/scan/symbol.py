"""What ISO/IEC 18004 fixes of a QR code's modules, and where its codewords lie."""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_agent.scan.levels import Blocks, blocks

Modules = NDArray[np.bool_]
"""side × side, True where dark; rows first."""

Signs = NDArray[np.float32]
"""side × side: +1 dark, -1 light, 0 not known."""

FINDER = np.ones((7, 7), np.float32)
FINDER[1:6, 1:6] = -1
FINDER[2:5, 2:5] = 1

VERSIONS = range(1, 41)
LEVEL_BITS = {0b01: "L", 0b00: "M", 0b11: "Q", 0b10: "H"}
_FORMAT_GENERATOR, _FORMAT_MASK = 0b10100110111, 0b101010000010010
_VERSION_GENERATOR = 0b1111100100101


def side(version: int) -> int:
    return 17 + 4 * version


@functools.lru_cache(40)
def alignment(version: int) -> tuple[int, ...]:
    """The rows (and columns) of the alignment patterns' middles (Annex E)."""
    if version == 1:
        return ()
    count = version // 7 + 2
    step = 26 if version == 32 else -(-(version * 4 + 4) // (count * 2 - 2)) * 2
    last = side(version) - 7
    return (6, *(last - step * place for place in range(count - 2, -1, -1)))


@functools.lru_cache(40)
def known(version: int) -> Signs:
    """Finder patterns with separators, timing and alignment patterns, dark module."""
    size = side(version)
    signs = np.zeros((size, size), np.float32)
    stripes = np.where(np.arange(size) % 2, -1, 1)
    signs[6], signs[:, 6] = stripes, stripes
    places = alignment(version)
    for row in places:
        for column in places:
            if (row, column) in _finder_corners(places):
                continue
            signs[row - 2 : row + 3, column - 2 : column + 3] = FINDER[1:6, 1:6] * -1
            signs[row - 1 : row + 2, column - 1 : column + 2] = -1
            signs[row, column] = 1
    signs[:8, :8] = signs[:8, -8:] = signs[-8:, :8] = -1
    signs[:7, :7] = signs[:7, -7:] = signs[-7:, :7] = FINDER
    signs[size - 8, 8] = 1
    return signs


def _finder_corners(places: tuple[int, ...]) -> set[tuple[int, int]]:
    first, last = places[0], places[-1]
    return {(first, first), (first, last), (last, first)}


@functools.lru_cache(40)
def path(version: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the codewords' bits in their order, then of those left over.

    (7.7.3)
    """
    size = side(version)
    free = known(version) == 0
    free[8, :9] = free[:9, 8] = free[8, -8:] = free[-8:, 8] = False
    if version >= 7:
        free[:6, -11:-8] = free[-11:-8, :6] = False
    rows, columns = [], []
    upwards = True
    for right in range(size - 1, 0, -2):
        column = right if right > 6 else right - 1
        for step in range(size):
            row = size - 1 - step if upwards else step
            for at in (column, column - 1):
                if free[row, at]:
                    rows.append(row)
                    columns.append(at)
        upwards = not upwards
    return np.array(rows), np.array(columns)


@functools.lru_cache(64)
def mask(number: int, size: int) -> Modules:
    """The data mask that inverts modules (7.8.2, table 10)."""
    i, j = np.indices((size, size))
    dark: Modules = (
        (i + j) % 2,
        i % 2,
        j % 3,
        (i + j) % 3,
        (i // 2 + j // 3) % 2,
        i * j % 2 + i * j % 3,
        (i * j % 2 + i * j % 3) % 2,
        ((i + j) % 2 + i * j % 3) % 2,
    )[number] == 0
    return dark


@dataclass(frozen=True)
class Format:
    """:ivar agreement: from -1 to 1, how well the modules match it."""

    level: str
    mask: int
    agreement: float

    def blocks(self, version: int) -> Blocks:
        return blocks(version, self.level)


def read_format(signs: Signs) -> Format:
    """The level and mask that both copies together say best (7.9)."""
    size = signs.shape[0]
    first, second = _format_places(size)
    seen = signs[first] + signs[second]
    scores = seen @ _format_words().T
    best = int(np.argmax(scores))
    most = float(np.abs(seen).sum()) or 1.0
    return Format(LEVEL_BITS[best >> 3], best & 7, float(scores[best]) / most)


@functools.lru_cache(1)
def _format_words() -> NDArray[np.float32]:
    """32 × 15, +1 where the bit is set, the highest bit first."""
    words = []
    for data in range(32):
        word = (data << 10 | _remainder(data << 10, _FORMAT_GENERATOR)) ^ _FORMAT_MASK
        words.append([1 if word >> bit & 1 else -1 for bit in range(14, -1, -1)])
    return np.array(words, np.float32)


def _format_places(size: int) -> tuple[tuple[list[int], list[int]], ...]:
    """Rows and columns of the fifteen bits, the highest first, in both copies."""
    along = [0, 1, 2, 3, 4, 5, 7, 8]
    first = [(8, at) for at in along] + [(at, 8) for at in reversed(along[:-1])]
    second = [(size - 1 - at, 8) for at in range(7)]
    second += [(8, size - 8 + at) for at in range(8)]
    return tuple(
        ([row for row, _ in copy], [column for _, column in copy])
        for copy in (first, second)
    )


def render(version: int, words: NDArray[np.uint8], form: Format) -> Modules:
    """The whole symbol of these codewords, in the order of the path."""
    size = side(version)
    dark = known(version) > 0
    rows, columns = path(version)
    # Bits that are left over are light before they are masked.
    bits = np.zeros(len(rows), bool)
    bits[: 8 * len(words)] = np.unpackbits(words)
    dark[rows, columns] = bits ^ mask(form.mask, size)[rows, columns]
    level = next(bits for bits, name in LEVEL_BITS.items() if name == form.level)
    word = _format_words()[level << 3 | form.mask] > 0
    for copy in _format_places(size):
        dark[copy] = word
    dark[size - 8, 8] = True
    if version >= 7:
        _put_version(dark, version)
    return dark


def _put_version(dark: Modules, version: int) -> None:
    word = version << 12 | _remainder(version << 12, _VERSION_GENERATOR)
    for bit in range(18):
        row, column = bit // 3, dark.shape[0] - 11 + bit % 3
        dark[row, column] = dark[column, row] = bool(word >> bit & 1)


def _remainder(value: int, generator: int) -> int:
    """Of a division of polynomials over two elements."""
    length = generator.bit_length()
    while value.bit_length() >= length:
        value ^= generator << value.bit_length() - length
    return value
