"""Pictures as a bay's camera would take them, made instead of taken.

The virtual camera and the tests use it. A page is put into the frame as a person would
hold it: its code towards the camera, at an angle, a little out of focus, in the light
of a workshop. Everything follows from the seed and the frame's number.
"""

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from edge_agent.camera.source import FRAME_SIZE, Frame
from edge_agent.camera.workshop import background, light

FOCAL = 1100.0
"""Pixels: a lens of 60° across 1280 pixels."""

_NOISE_MARGIN = 64
_POSE_FRAMES = 5
"""Frames for which a hand holds still before it moves on."""


@dataclass(frozen=True)
class Page:
    """Something printed that is held up.

    :ivar width_mm: its width on paper.
    :ivar scale: pixels per millimetre at which it is held, nearest and farthest.
    :ivar aim: the point that is held towards the camera, as a share of its size: the
        code rather than the middle.
    """

    name: str
    image: Frame
    width_mm: float
    scale: tuple[float, float]
    aim: tuple[float, float]


def make_page(name: str, image: Frame) -> Page:
    """A page of an image file.

    The file does not say how large the paper is, so its shape does: a card of
    86 × 54 mm, a label about as wide as high, else A4. ``badge…`` is a card anyhow.
    """
    height, width = image.shape[:2]
    ratio = max(width, height) / min(width, height)
    if name.startswith("badge") or ratio > 1.5:
        long_mm, scale = 85.6, (4.6, 5.6)
    elif ratio < 1.2:
        long_mm, scale = 60.0, (4.6, 5.6)
    else:
        long_mm, scale = 297.0, (4.2, 5.0)
    width_mm = long_mm * width / max(width, height)
    aim = _aim(image)
    # Warping alone would skip pixels of a fine print; no more than twice is kept.
    factor = 2 * scale[1] * width_mm / width
    if factor < 1:
        smaller = cv2.resize(
            image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA
        )
        image = _frame(smaller)
    return Page(name, image, width_mm, scale, aim)


def _aim(image: Frame) -> tuple[float, float]:
    height, width = image.shape[:2]
    codes = zxingcpp.read_barcodes(image)
    if not codes:
        return 0.5, 0.5
    at = codes[0].position
    x = (at.top_left.x + at.bottom_right.x) / 2
    y = (at.top_left.y + at.bottom_right.y) / 2
    return 0.75 * x / width + 0.125, 0.75 * y / height + 0.125


class Scene:
    """One bay as its camera sees it."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        random = np.random.default_rng(seed)
        self._light = light(random)
        self._noise = _noise(random)
        self._background = self._lit(background(random))

    def empty(self, number: int) -> Frame:
        """Nothing is held up."""
        return self._noisy(self._background, number)

    def hold(self, pages: Sequence[Page], number: int) -> Frame:
        """One page is held up, or two beside each other; of more, two in turn."""
        if not pages:
            return self.empty(number)
        first = number // _POSE_FRAMES * 2 % len(pages)
        shown = [pages[first], *(pages[first + 1 : first + 2])]
        shares = [0.5] if len(shown) == 1 else [0.28, 0.76]
        frame = self._background.copy()
        for page, share in zip(shown, shares, strict=True):
            self._put(page, frame, share, number)
        return self._noisy(self._blurred(frame, number), number)

    def photo(self, image: Frame, number: int) -> Frame:
        """The camera looks at what ``image`` shows, which fills the frame."""
        width, height = FRAME_SIZE
        factor = max(width / image.shape[1], height / image.shape[0])
        filling = cv2.resize(
            image,
            (
                max(width, math.ceil(image.shape[1] * factor)),
                max(height, math.ceil(image.shape[0] * factor)),
            ),
            interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR,
        )
        top = (filling.shape[0] - height) // 2
        left = (filling.shape[1] - width) // 2
        return self._noisy(
            _frame(filling[top : top + height, left : left + width]), number
        )

    def _put(self, page: Page, frame: Frame, share: float, number: int) -> None:
        matrix = self._pose(page, share, number)
        height, width = page.image.shape[:2]
        sheet = cv2.warpPerspective(page.image, matrix, FRAME_SIZE)
        mask = cv2.warpPerspective(
            np.full((height, width), 255, np.uint8), matrix, FRAME_SIZE
        )
        shadow = cv2.blur(np.roll(mask, (18, 14), (0, 1)), (41, 41)) // 3
        shade = cv2.cvtColor(255 - shadow, cv2.COLOR_GRAY2BGR)
        cv2.multiply(frame, shade, dst=frame, scale=1 / 255)
        cv2.copyTo(self._lit(_frame(sheet)), mask, frame)

    def _pose(self, page: Page, share: float, number: int) -> NDArray[np.float64]:
        """The homography from the page's pixels to the frame's."""
        name = zlib.crc32(page.name.encode())
        hand = np.random.default_rng([self._seed, name, number // _POSE_FRAMES])
        tremor = np.random.default_rng([self._seed, name, number, 1])
        yaw, pitch = hand.uniform(-0.4, 0.4, 2) + tremor.normal(0, 0.01, 2)
        roll = hand.uniform(-0.3, 0.3) + tremor.normal(0, 0.01)
        scale = hand.uniform(*page.scale)
        x = FRAME_SIZE[0] * share + hand.uniform(-60, 60) + tremor.normal(0, 2)
        y = FRAME_SIZE[1] * 0.5 + hand.uniform(-60, 60) + tremor.normal(0, 2)
        width = page.image.shape[1]
        height = page.image.shape[0]
        to_mm = page.width_mm / width
        paper = np.array(
            [
                [to_mm, 0, -page.aim[0] * width * to_mm],
                [0, to_mm, -page.aim[1] * height * to_mm],
                [0, 0, 1],
            ]
        )
        turned, _ = cv2.Rodrigues(np.array([pitch, 0.0, 0.0]))
        turned = cv2.Rodrigues(np.array([0.0, yaw, 0.0]))[0] @ turned
        turned = cv2.Rodrigues(np.array([0.0, 0.0, roll]))[0] @ turned
        place = np.column_stack([turned[:, 0], turned[:, 1], [0, 0, FOCAL / scale]])
        lens = np.array([[FOCAL, 0, x], [0, FOCAL, y], [0, 0, 1]])
        matrix: NDArray[np.float64] = lens @ place @ paper
        return matrix

    def _blurred(self, frame: Frame, number: int) -> Frame:
        """Focus and the hand's motion."""
        random = np.random.default_rng([self._seed, number, 2])
        soft = cv2.GaussianBlur(frame, (0, 0), random.uniform(0.5, 1.0))
        length = random.uniform(0, 3)
        angle = random.uniform(0, math.pi)
        kernel = np.zeros((5, 5), np.float32)
        for step in np.linspace(-length / 2, length / 2, 9):
            column = 2 + round(math.cos(angle) * step)
            row = 2 + round(math.sin(angle) * step)
            kernel[row, column] += 1
        return _frame(cv2.filter2D(soft, -1, kernel / kernel.sum()))

    def _lit(self, image: Frame) -> Frame:
        return _frame(cv2.multiply(image, self._light, scale=1 / 255))

    def _noisy(self, image: Frame, number: int) -> Frame:
        random = np.random.default_rng([self._seed, number, 3])
        left, top = random.integers(0, _NOISE_MARGIN, 2)
        width, height = FRAME_SIZE
        grain = self._noise[top : top + height, left : left + width]
        return _frame(cv2.add(image, grain, dtype=cv2.CV_8U))


def _frame(image: object) -> Frame:
    """What OpenCV returns for a frame is a frame; its annotations do not know."""
    return np.asarray(image, np.uint8)


def _noise(random: np.random.Generator) -> NDArray[np.int16]:
    width, height = FRAME_SIZE
    size = ((height + _NOISE_MARGIN) // 2, (width + _NOISE_MARGIN) // 2, 3)
    tile = random.normal(0, random.uniform(3, 6), size).astype(np.int16)
    return np.tile(tile, (2, 2, 1))
