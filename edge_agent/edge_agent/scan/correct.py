"""Reed–Solomon with erasures: what a module's certainty is worth.

A codeword known to be uncertain costs one check symbol, one believed and wrong costs
two. A decoder that only sees black and white cannot make that difference.
"""

import functools

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint8]

SPARE = 5
"""Check symbols left after erasures and errors were paid for, so that a wrong word
passes in about one of 5 · 10^9 attempts: choose(n, errors) / 256^SPARE."""

_SHARES = (0.0, 0.25, 0.45, 0.6, 0.72)
"""Of the check symbols, spent on the codewords most in doubt, one after the other."""


def mend(words: Words, doubt: NDArray[np.float32], parity: int) -> Words | None:
    """The block's valid word nearest to ``words``, None where there is none to trust.

    :param doubt: for each codeword, the greater the less it is trusted.
    """
    order = np.argsort(-doubt)
    for share in _SHARES:
        count = int(share * parity)
        if count and count > parity - SPARE:
            break
        mended = _decode(words, [int(at) for at in order[:count]], parity)
        if mended is not None:
            return mended
    return None


def _decode(words: Words, erased: list[int], parity: int) -> Words | None:
    """Errors and erasures by Berlekamp–Massey, Chien and Forney."""
    exp, log = _tables()
    syndromes = _syndromes(words, parity)
    if not any(syndromes):
        return words
    length = len(words)
    locator = [1]
    for at in erased:
        locator = _multiply(locator, [1, exp[length - 1 - at]])
    locator = _errors(syndromes, locator, len(erased))
    count = len(locator) - 1
    errors = count - len(erased)
    if errors < 0 or 2 * errors + len(erased) > parity:
        return None
    if erased and errors + len(erased) > parity - SPARE:
        return None
    places = _roots(locator, length)
    if len(places) != count:
        return None
    evaluator = _multiply(syndromes, locator)[:parity]
    slope = [value if at % 2 else 0 for at, value in enumerate(locator)][1:]
    mended = words.copy()
    for at in places:
        inverse = (255 - (length - 1 - at)) % 255
        bottom = _value(slope, inverse)
        if bottom == 0:
            return None
        top = _value(evaluator, inverse)
        if top:
            # First consecutive root is 1, so Forney's value is times the position.
            power = log[top] - log[bottom] + (length - 1 - at)
            mended[at] ^= exp[power % 255]
    return None if any(_syndromes(mended, parity)) else mended


def _errors(syndromes: list[int], locator: list[int], erased: int) -> list[int]:
    """The locator of errors and erasures, from that of the erasures."""
    exp, log = _tables()
    current, before = locator[:], locator[:]
    length, gap, last = erased, 1, 1
    for step in range(erased, len(syndromes)):
        delta = 0
        for at, value in enumerate(current[: step + 1]):
            if value and syndromes[step - at]:
                delta ^= exp[log[value] + log[syndromes[step - at]]]
        if delta == 0:
            gap += 1
            continue
        factor = (log[delta] - log[last]) % 255
        shifted = [0] * gap + [
            exp[log[value] + factor] if value else 0 for value in before
        ]
        size = max(len(current), len(shifted))
        summed = [
            (current[at] if at < len(current) else 0)
            ^ (shifted[at] if at < len(shifted) else 0)
            for at in range(size)
        ]
        if 2 * length <= step + erased:
            before, last, gap = current, delta, 1
            length = step + 1 - length + erased
        else:
            gap += 1
        current = summed
    while len(current) > 1 and current[-1] == 0:
        current.pop()
    return current


@functools.lru_cache(1)
def _tables() -> tuple[list[int], list[int]]:
    """Powers (twice over) and logarithms in GF(256) of x^8 + x^4 + x^3 + x^2 + 1."""
    exp, log, value = [0] * 512, [0] * 256, 1
    for power in range(255):
        exp[power] = exp[power + 255] = value
        log[value] = power
        value = value << 1 ^ (0x11D if value & 0x80 else 0)
    return exp, log


def _syndromes(words: Words, parity: int) -> list[int]:
    exp, logs = _arrays()
    present = np.flatnonzero(words)
    powers = logs[words[present]]
    degree = len(words) - 1 - present
    roots = np.arange(parity)[:, None]
    terms = exp[(powers + roots * degree) % 255]
    return [int(each) for each in np.bitwise_xor.reduce(terms, axis=1)]


def _roots(locator: list[int], length: int) -> list[int]:
    exp, logs = _arrays()
    places = np.arange(length)
    inverse = (255 - (length - 1 - places)) % 255
    total = np.zeros(length, np.int64)
    for power, value in enumerate(locator):
        if value:
            total ^= exp[(logs[value] + power * inverse) % 255]
    return [int(at) for at in np.flatnonzero(total == 0)]


@functools.lru_cache(1)
def _arrays() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    exp, log = _tables()
    return np.array(exp[:255]), np.array(log)


def _value(polynomial: list[int], power: int) -> int:
    exp, log = _tables()
    total = 0
    for degree, value in enumerate(polynomial):
        if value:
            total ^= exp[(log[value] + degree * power) % 255]
    return total


def _multiply(one: list[int], other: list[int]) -> list[int]:
    exp, log = _tables()
    product = [0] * (len(one) + len(other) - 1)
    for i, a in enumerate(one):
        if a:
            for j, b in enumerate(other):
                if b:
                    product[i + j] ^= exp[log[a] + log[b]]
    return product
