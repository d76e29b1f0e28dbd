"""What is printed and held up in the generated photographs."""

from dataclasses import dataclass

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from workbay_contract.codes import code_url

Gray = NDArray[np.uint8]

HOSTS = (
    "https://workbay.example.com",
    "https://bay.li-auto.example",
    "https://werkstatt-nord.example.de",
)
LEVELS = ("Q", "Q", "Q", "H")
"""Sheets and badges are printed at Q, labels of one module size at H."""

QUIET = 4
_ALPHABET = np.array(
    list("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
)
_LINES = (
    "Brake pads, front axle, 1.2 h",
    "Oil 5W-30, 4.5 l",
    "Torque 120 Nm",
    "WO/2026/04711",
    "Zhang Wei",
    "Cabin filter",
)


@dataclass(frozen=True)
class Paper:
    """One sheet with one code, seen from straight above.

    :ivar image: grey; ``scale`` pixels per module.
    :ivar corner: left and top of the code in pixels, without its quiet zone.
    :ivar modules: of the code, from left to right.
    :ivar rows: from top to bottom, where that is another number.
    """

    text: str
    image: Gray
    scale: int
    corner: tuple[int, int]
    modules: int
    rows: int | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Modules across and down."""
        return self.modules, self.rows or self.modules

    @property
    def middle(self) -> tuple[float, float]:
        """Of the code in the image, in pixels."""
        (x, y), (across, down) = self.corner, self.size
        return x + across * self.scale / 2, y + down * self.scale / 2

    @property
    def outline(self) -> NDArray[np.float64]:
        """The code's corners in modules from its middle, clockwise from top left."""
        x, y = np.array(self.size) / 2
        return np.array([[-x, -y], [x, -y], [x, y], [-x, y]])


def own_text(random: np.random.Generator) -> str:
    """A text of our own form with a random token."""
    token = "".join(random.choice(_ALPHABET, 22))
    kind = "order" if random.random() < 0.6 else "badge"
    return code_url(str(random.choice(HOSTS)), kind, token)


def symbol(text: str, level: str) -> NDArray[np.bool_]:
    """The modules of a QR code, True where dark, without a quiet zone."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=level)
    image = np.asarray(code.to_image(scale=1, add_quiet_zones=False))
    return image < 128


def make(
    random: np.random.Generator, scale: int, dark: NDArray[np.bool_], text: str
) -> Paper:
    """The code on a piece of paper with print around it."""
    modules = dark.shape[0]
    side = modules * scale
    margin = QUIET * scale
    width = side + 2 * margin + int(random.integers(0, side))
    height = side + 2 * margin + int(random.integers(side // 4, side))
    ink, white = int(random.integers(8, 60)), int(random.integers(215, 250))
    image = np.full((height, width), white, np.uint8)
    left = int(random.integers(margin, width - side - margin + 1))
    top = int(random.integers(margin, max(margin + 1, (height - side) // 3)))
    for line in range((top + side + margin) // (4 * scale) + 1, height // (4 * scale)):
        words = _LINES[int(random.integers(len(_LINES)))]
        at = (2 * scale, (line + 1) * 4 * scale - scale)
        cv2.putText(image, words, at, 0, scale / 12, ink, max(1, scale // 5))
    if random.random() < 0.5:
        cv2.rectangle(image, (0, 0), (width - 1, height - 1), ink, max(1, scale // 3))
    large = cv2.resize(
        np.where(dark, ink, white).astype(np.uint8),
        (side, side),
        interpolation=cv2.INTER_NEAREST,
    )
    image[top - margin : top + side + margin, left - margin : left + side + margin] = (
        white
    )
    image[top : top + side, left : left + side] = large
    return Paper(text, image, scale, (left, top), modules)


def own(random: np.random.Generator, scale: int) -> Paper:
    """A sheet, badge or label of ours."""
    text = own_text(random)
    level = LEVELS[int(random.integers(len(LEVELS)))]
    return make(random, scale, symbol(text, level), text)


def label(
    random: np.random.Generator, scale: int, dark: NDArray[np.bool_], text: str
) -> Paper:
    """A barcode or DataMatrix on a label just large enough, its text below it."""
    rows, modules = dark.shape
    margin = (10 if modules > 3 * rows else QUIET) * scale
    ink, white = int(random.integers(8, 60)), int(random.integers(215, 250))
    large = cv2.resize(
        np.where(dark, ink, white).astype(np.uint8),
        (modules * scale, rows * scale),
        interpolation=cv2.INTER_NEAREST,
    )
    below = margin + 12 * scale
    image = cv2.copyMakeBorder(
        large, margin, below, margin, margin, cv2.BORDER_CONSTANT, value=white
    )
    at = (margin, image.shape[0] - 4 * scale)
    cv2.putText(image, text, at, 0, scale / 5, ink, max(1, scale // 4))
    return Paper(
        text, np.asarray(image, np.uint8), scale, (margin, margin), modules, rows
    )
