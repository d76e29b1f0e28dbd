"""Other ways to look at a frame in which a code was not read at the first glance."""

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]
Box = tuple[int, int, int, int]
"""Left, top, width, height."""


def gray(image: NDArray[np.uint8]) -> Gray:
    return _gray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))


def thinned(image: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """Of an image that is far larger every second pixel, or third; without a copy."""
    step = max(1, max(image.shape[:2]) // longest)
    return image[::step, ::step]


def contrast(image: Gray) -> Gray:
    """Each part of the frame with as much contrast as the best lit one."""
    return _gray(cv2.createCLAHE(clipLimit=3, tileGridSize=(8, 8)).apply(image))


def sharpened(image: Gray) -> Gray:
    soft = cv2.GaussianBlur(image, (0, 0), 2)
    return _gray(cv2.addWeighted(image, 2.0, soft, -1, 0))


def scaled(image: Gray, factor: float) -> Gray:
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return _gray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=way))


def _gray(image: object) -> Gray:
    return np.asarray(image, np.uint8)
