"""The standard as we know it agrees with an encoder; blocks are mended, not guessed."""

import numpy as np
import pytest
import qrcode.base  # type: ignore[import-untyped]
import zxingcpp

from edge_agent.scan import correct, levels, symbol, words
from edge_agent.scan.symbol import Modules, Signs

LEVELS = "LMQH"
_TABLE = {"L": 1, "M": 0, "Q": 3, "H": 2}


def encoded(length: int, level: str, seed: int = 1) -> tuple[str, Modules]:
    random = np.random.default_rng([seed, length])
    text = "".join(random.choice(list("abcXYZ/:-0123"), length))
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=level)
    image = np.asarray(code.to_image(scale=1, add_quiet_zones=False))
    return text, image < 128


def weighed(dark: Modules) -> Signs:
    return np.where(dark, 1, -1).astype(np.float32)


@pytest.mark.parametrize("level", LEVELS)
def test_blocks_are_those_of_the_standard_for_each_version(level: str) -> None:
    for version in symbol.VERSIONS:
        ours = levels.blocks(version, level)
        theirs = qrcode.base.rs_blocks(version, _TABLE[level])
        lengths = sorted(each.total_count for each in theirs)
        assert sorted(len(each) for each in ours.places) == lengths
        assert ours.parity == theirs[0].total_count - theirs[0].data_count


@pytest.mark.parametrize("length", [5, 25, 60, 120, 250, 500, 900])
@pytest.mark.parametrize("level", LEVELS)
def test_a_symbol_taken_apart_and_drawn_again_is_the_same(
    length: int, level: str
) -> None:
    text, dark = encoded(length, level)
    version = (len(dark) - 17) // 4
    fixed = symbol.known(version)
    assert ((fixed == 0) | (fixed == weighed(dark))).all()
    form = symbol.read_format(weighed(dark))
    assert (form.level, form.agreement) == (level, 1)
    rows, columns = symbol.path(version)
    bits = (dark ^ symbol.mask(form.mask, len(dark)))[rows, columns]
    drawn = symbol.render(version, np.packbits(bits[: len(bits) // 8 * 8]), form)
    assert (drawn == dark).all()
    assert words.read_clean(drawn) == text


def test_doubted_codewords_are_mended_beyond_what_errors_could_be() -> None:
    _, dark = encoded(60, "Q")
    version = (len(dark) - 17) // 4
    form = symbol.read_format(weighed(dark))
    rows, columns = symbol.path(version)
    bits = (dark ^ symbol.mask(form.mask, len(dark)))[rows, columns]
    whole = np.packbits(bits[: len(bits) // 8 * 8])
    blocks = form.blocks(version)
    places = blocks.places[0]
    random = np.random.default_rng(5)
    lost = blocks.parity // 2 + 3
    at = random.choice(len(places), lost, replace=False)
    torn = whole[places].copy()
    torn[at] ^= random.integers(1, 256, lost).astype(np.uint8)
    doubt = np.zeros(len(places), np.float32)
    assert correct.mend(torn, doubt, blocks.parity) is None
    doubt[at] = 1
    mended = correct.mend(torn, doubt, blocks.parity)
    assert mended is not None
    assert (mended == whole[places]).all()


def test_words_without_meaning_are_never_mended() -> None:
    random = np.random.default_rng(6)
    for _ in range(400):
        torn = random.integers(0, 256, 33).astype(np.uint8)
        doubt = random.random(33).astype(np.float32)
        assert correct.mend(torn, doubt, 18) is None


def test_a_symbol_that_contradicts_what_is_seen_is_refused() -> None:
    """Within reach of the standard's correction, but not what anybody saw."""
    _, dark = encoded(60, "H")
    signs = weighed(dark)
    whole = words.mend(signs)
    assert whole is not None
    assert whole.whole is not None
    rows, columns = symbol.path((len(dark) - 17) // 4)
    blocks = symbol.read_format(signs).blocks((len(dark) - 17) // 4)
    for places in blocks.places:
        for word in places[: blocks.parity // 2]:
            bits = slice(8 * word, 8 * word + 8)
            signs[rows[bits], columns[bits]] *= -1
    mended = words.mend(signs)
    assert mended is not None
    assert mended.valid == len(blocks.places)
    assert mended.whole is None
