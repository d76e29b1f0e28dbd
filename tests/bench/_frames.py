"""Frames that try to be misread: damaged codes, almost codes, foreign ones, none.

Nothing in them stands still: each has its own bay, pose, light and seed.
"""

import cv2
import numpy as np
import zxingcpp

from edge_agent.camera.source import FRAME_SIZE, Frame
from tests.bench import _damage, _paper, _photographs
from tests.bench._photographs import KINDS, Random

FOREIGN = ("QRCode", "DataMatrix", "Aztec", "PDF417", "Code128", "MicroQRCode")
_WORDS = ("WIFI:T:WPA;S:guest;P:12345678;;", "4006381333931", "https://qr.example/x")


def frame(number: int, seed: int) -> tuple[Frame, set[str]]:
    """Frame ``number`` of a series, and the texts that may be read in it.

    Of four frames two hold our codes with every kind of damage in turn, one almost a
    code or a foreign one, one none.
    """
    quarter, turn = number % 4, number // 4
    if quarter < 2:
        kind = KINDS[(2 * turn + quarter) % len(KINDS)]
        photograph = _photographs.take(kind, seed + number)
        return photograph.frame, {text for text, _ in photograph.labels}
    random = np.random.default_rng([seed, number])
    if quarter == 2:
        return _almost(random, turn)
    return _busy(random), set()


def _almost(random: Random, turn: int) -> tuple[Frame, set[str]]:
    """A code beyond repair, of another symbology or of nobody's content."""
    text = _paper.own_text(random)
    kind = KINDS[int(random.integers(len(KINDS) - 2))]
    if turn % 2:
        paper = _paper.make(random, 8, _foreign(random), "")
        texts = set(_WORDS)
    else:
        dark = _paper.symbol(text, str(random.choice(list("LMQH"))))
        share = random.uniform(0.02, 0.5)
        body = np.zeros_like(dark)
        body[9:-9, :] = body[:, 9:-9] = True
        dark ^= body & (random.random(dark.shape) < share)
        paper = _paper.make(random, 8, dark, text)
        texts = {text}
    return _photographs.show(paper, kind, random, 0.5), texts


def _foreign(random: Random) -> np.ndarray:
    name = str(random.choice(FOREIGN))
    words = _WORDS[1] if name == "MicroQRCode" else str(random.choice(_WORDS))
    code = zxingcpp.create_barcode(words, zxingcpp.barcode_format_from_str(name))
    image = np.asarray(code.to_image(scale=1, add_quiet_zones=False)) < 128
    side = max(image.shape)
    square = np.zeros((side, side), bool)
    square[: image.shape[0], : image.shape[1]] = image
    return square


def _busy(random: Random) -> Frame:
    """A bay with what looks like modules: grilles, treads, keyboards, print, sieves."""
    number = int(random.integers(12))
    frame, _ = _photographs.bay(number)
    frame = frame.copy()
    for _ in range(int(random.integers(2, 7))):
        patch = _pattern(random)
        size = int(random.integers(60, 420))
        patch = cv2.resize(patch, (size, size), interpolation=cv2.INTER_NEAREST)
        x, y = (
            random.integers(0, FRAME_SIZE[0] - size),
            random.integers(0, FRAME_SIZE[1] - size),
        )
        angle = cv2.getRotationMatrix2D(
            (size / 2, size / 2), random.uniform(0, 360), 0.8
        )
        angle[:, 2] += (x, y)
        layer = cv2.warpAffine(patch, angle, FRAME_SIZE)
        mask = cv2.warpAffine(np.full_like(patch, 255), angle, FRAME_SIZE)
        cv2.copyTo(cv2.cvtColor(layer, cv2.COLOR_GRAY2BGR), mask, frame)
    frame = _damage.smear(frame, random.uniform(0, 6), random.uniform(0, 3))
    frame = np.asarray(cv2.GaussianBlur(frame, (0, 0), random.uniform(0.4, 1.2)))
    return _damage.noise(frame, random, random.uniform(-0.25, 0.0))


def _pattern(random: Random) -> np.ndarray:
    which = int(random.integers(6))
    size = int(random.integers(15, 60))
    if which == 0:  # modules without an order
        return (random.random((size, size)) < 0.5).astype(np.uint8) * 220 + 15
    if which == 1:  # a chequerboard, as a calibration target
        return (np.indices((size, size)).sum(axis=0) % 2).astype(np.uint8) * 220 + 15
    if which == 2:  # finder patterns without a code between them
        patch = np.full((size, size), 230, np.uint8)
        for row in range(0, size - 7, 9):
            for column in range(0, size - 7, 9):
                if random.random() < 0.5:
                    patch[row : row + 7, column : column + 7] = 20
                    patch[row + 1 : row + 6, column + 1 : column + 6] = 230
                    patch[row + 2 : row + 5, column + 2 : column + 5] = 20
        return patch
    if which == 3:  # a grille
        patch = np.full((size, size), 40, np.uint8)
        patch[:, ::3] = 200
        return patch
    if which == 4:  # print
        patch = np.full((240, 240), 235, np.uint8)
        for line in range(12):
            cv2.putText(patch, "M8x1.25 4711 Nm #", (2, 20 * line + 14), 0, 0.5, 20, 1)
        return patch
    # a tread
    rows, columns = np.indices((size, size))
    return (((rows + abs(columns - size // 2)) % 6 < 3) * 180 + 20).astype(np.uint8)
