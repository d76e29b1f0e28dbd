"""What comes between a code and its reader: dirt, light, lens and sensor.

Each function takes and gives an image of eight bits. ``size`` is the code's side in
pixels, ``at`` its middle; ``hard`` runs from 0, hardly there, to 1.
"""

import functools
import math

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Point = tuple[float, float]
Random = np.random.Generator

TORN_CORNERS = (0.12, 0.16, 0.56, 0.16)
"""Clockwise from top left. Without a finder pattern no reader knows a code, so most
pieces are missing where there is none."""

_GRAIN_SIZE = 1 << 22


def motion(image: Image, random: Random, hard: float, module: float) -> Image:
    """The hand moves while the shutter is open: 0.6 to 2.6 modules."""
    return _smeared(image, (0.6 + 2.0 * hard) * module, random.uniform(0, math.pi))


def smear(image: Image, length: float, angle: float) -> Image:
    """Motion of a known length in pixels."""
    return _smeared(image, length, angle) if length > 0.5 else image


def _smeared(image: Image, length: float, angle: float) -> Image:
    size = 2 * math.ceil(length / 2) + 3
    fine = np.zeros((4 * size, 4 * size), np.float32)
    middle = 2 * size
    dx, dy = 2 * length * math.cos(angle), 2 * length * math.sin(angle)
    ends = [(round(middle + s * dx), round(middle + s * dy)) for s in (-1, 1)]
    cv2.line(fine, ends[0], ends[1], 1.0, 4)
    kernel = cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA)
    return _image(cv2.filter2D(image, -1, kernel / kernel.sum()))


def defocus(image: Image, random: Random, hard: float, module: float) -> Image:
    """A disc of 0.35 to 1.2 modules' radius."""
    return blur(image, (0.35 + 0.85 * hard) * module * random.uniform(0.9, 1.1))


def blur(image: Image, radius: float) -> Image:
    """A lens out of focus spreads each point to a disc of this radius in pixels."""
    if radius < 0.4:
        return image
    size = 2 * math.ceil(radius) + 1
    fine = np.zeros((8 * size, 8 * size), np.float32)
    cv2.circle(fine, (4 * size, 4 * size), round(8 * radius), 1.0, -1)
    kernel = cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA)
    return _image(cv2.filter2D(image, -1, kernel / kernel.sum()))


def low_light(image: Image, random: Random, hard: float) -> Image:
    """Few photons, little of the range used, the sensor's own noise."""
    gain = 0.16 * (1 - hard) + 0.035
    seen = cv2.multiply(image, gain, dtype=cv2.CV_32F)
    spread = cv2.sqrt(cv2.multiply(seen, 0.25)) + 1.2
    return _image(cv2.add(seen, spread * _grain(random, image), dtype=cv2.CV_8U))


def noise(image: Image, random: Random, hard: float) -> Image:
    """Grain of a sensor at high gain: 15 to 60 grey values."""
    strength = 15 + 45 * hard
    return _image(
        cv2.scaleAdd(_grain(random, image), strength, image.astype(np.float32)).clip(
            0, 255
        )
    )


def glare(image: Image, random: Random, hard: float, at: Point, size: float) -> Image:
    """Lamps mirrored in film or wet paper."""
    layer = np.zeros(image.shape[:2], np.float32)
    for _ in range(int(random.integers(1, 4))):
        centre = _near(random, at, size * 0.4)
        long = size * (0.06 + 0.24 * hard) * random.uniform(0.7, 1.3)
        axes = (max(1, round(long)), max(1, round(long * random.uniform(0.25, 0.9))))
        cv2.ellipse(layer, centre, axes, random.uniform(0, 180), 0, 360, 1.0, -1)
    layer = cv2.GaussianBlur(layer, (0, 0), max(1.0, size * 0.02))
    wide = cv2.GaussianBlur(layer, (0, 0), size * 0.12)
    light = (layer * 340 + wide * 90).astype(np.int16)
    return _image(cv2.add(image, _three(light, image), dtype=cv2.CV_8U))


def grease(image: Image, random: Random, hard: float, at: Point, size: float) -> Image:
    """Dark smudges and finger marks that let some of the print through."""
    share = np.ones(image.shape[:2], np.float32)
    for _ in range(int(random.integers(2, 8))):
        layer = np.zeros(image.shape[:2], np.float32)
        centre = _near(random, at, size * 0.5)
        long = size * (0.04 + 0.16 * hard) * random.uniform(0.6, 1.4)
        axes = (max(1, round(long)), max(1, round(long * random.uniform(0.3, 1))))
        cv2.ellipse(layer, centre, axes, random.uniform(0, 180), 0, 360, 1.0, -1)
        soft = cv2.GaussianBlur(
            layer, (0, 0), max(0.8, size * random.uniform(0.005, 0.03))
        )
        share *= 1 - soft * random.uniform(0.5, 0.95)
    return _image(image * (share[..., None] if image.ndim == 3 else share))


def shadow(image: Image, random: Random, hard: float, at: Point, size: float) -> Image:
    """A hand's or frame's shadow with hard edges across the code."""
    layer = np.zeros(image.shape[:2], np.uint8)
    for _ in range(int(random.integers(1, 4))):
        centre = np.array(_near(random, at, size * 0.4))
        angle = random.uniform(0, math.pi)
        along = np.array([math.cos(angle), math.sin(angle)]) * size * 2
        side = np.array([-along[1], along[0]]) * random.uniform(0.03, 0.3)
        corners = [centre - along - side, centre + along - side]
        corners += [centre + along + side, centre - along + side]
        cv2.fillPoly(layer, [np.array(corners, np.int32)], 255)
    soft = cv2.GaussianBlur(layer, (0, 0), max(0.8, size * random.uniform(0.003, 0.02)))
    share = 1 - soft.astype(np.float32) / 255 * (0.45 + 0.42 * hard)
    return _image(image * (share[..., None] if image.ndim == 3 else share))


def tear(
    mask: Image, random: Random, hard: float, outline: NDArray[np.float64]
) -> Image:
    """The paper's mask with a piece torn off at a corner or an edge of the code.

    :param outline: the code's corners in the mask's pixels, 4 × 2.
    """
    start = int(random.choice(4, p=TORN_CORNERS))
    corner = outline[start]
    before, after = outline[start - 1], outline[(start + 1) % 4]
    depth = 0.05 + 0.28 * hard
    ends = [
        corner + (before - corner) * depth * random.uniform(0.6, 1.6),
        corner + (after - corner) * depth * random.uniform(0.6, 1.6),
    ]
    middle = outline.mean(axis=0)
    ragged = [
        ends[0] + (ends[1] - ends[0]) * share + random.normal(0, 1, 2) * depth * 8
        for share in np.linspace(0, 1, 9)
    ]
    away = [ends[1] + (ends[1] - middle) * 3, corner + (corner - middle) * 6]
    away.append(ends[0] + (ends[0] - middle) * 3)
    torn = mask.copy()
    cv2.fillPoly(torn, [np.array([*ragged, *away], np.int32)], 0)
    return torn


def crease(image: Image, random: Random, hard: float, at: Point, size: float) -> Image:
    """Folds along which the print has come off."""
    folded = image.copy()
    for _ in range(int(random.integers(1, 3 + round(2 * hard)))):
        x, y = _near(random, at, size * 0.45)
        angle = random.uniform(0, math.pi)
        dx, dy = size * math.cos(angle), size * math.sin(angle)
        ends = ((round(x - dx), round(y - dy)), (round(x + dx), round(y + dy)))
        colour = int(random.integers(150, 235))
        cv2.line(folded, *ends, (colour,) * 3, max(1, round(size * 0.012 * (1 + hard))))
    return folded


def compressed(image: Image, quality: int) -> Image:
    """Through the JPEG of a USB camera's MJPG stream."""
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return _image(cv2.imdecode(data, cv2.IMREAD_COLOR))


def _near(random: Random, at: Point, spread: float) -> tuple[int, int]:
    return (
        round(at[0] + random.uniform(-spread, spread)),
        round(at[1] + random.uniform(-spread, spread)),
    )


def _three(layer: NDArray[np.int16], image: Image) -> NDArray[np.int16]:
    return layer if image.ndim == 2 else np.repeat(layer[..., None], 3, axis=2)


def _image(image: object) -> Image:
    return np.asarray(image).astype(np.uint8)


@functools.lru_cache(1)
def _grains() -> NDArray[np.float32]:
    return np.random.default_rng(11).normal(0, 1, _GRAIN_SIZE).astype(np.float32)


def _grain(random: Random, image: Image) -> NDArray[np.float32]:
    """Normal noise of the image's shape, cut from a long strip at a random place."""
    start = int(random.integers(_GRAIN_SIZE - image.size))
    return _grains()[start : start + image.size].reshape(image.shape)
