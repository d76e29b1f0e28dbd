"""What a bay's camera sees while work is done and nothing is held up, as film.

Nothing in it is a code: a person in a checkered shirt walks and reaches across, a hand
works with a tool near the lens, lamps flicker, a form with print and lines lies by.
"""

import math
from pathlib import Path

import cv2
import numpy as np

from edge_agent.camera.scene import Scene
from edge_agent.camera.source import FRAME_SIZE, Frame

Random = np.random.Generator
_SKIN = (118, 150, 196)
_NOISE_SEEDS = 1000


def write(path: Path, frames: int, seed: int, rate: float) -> None:
    """A film of so many frames as one array, frames × height × width × 3."""
    width, height = FRAME_SIZE
    film = np.lib.format.open_memmap(
        path, mode="w+", dtype=np.uint8, shape=(frames, height, width, 3)
    )
    bay = _Bay(seed)
    for number in range(frames):
        film[number] = bay.at(number / rate, number)
    film.flush()


class _Bay:
    def __init__(self, seed: int) -> None:
        random = np.random.default_rng([seed, 7])
        self._scene = Scene(seed)
        self._shirt = _shirt(random)
        self._form = _form(random)
        self._phase = random.uniform(0, 2 * math.pi, 6)

    def at(self, seconds: float, number: int) -> Frame:
        frame = self._scene.empty(number % _NOISE_SEEDS).copy()
        self._lay_form(frame)
        self._walk(frame, seconds)
        self._work(frame, seconds)
        flicker = 1 + 0.03 * math.sin(11 * seconds + self._phase[5])
        return np.asarray(cv2.convertScaleAbs(frame, alpha=flicker), np.uint8)

    def _lay_form(self, frame: Frame) -> None:
        height, width = self._form.shape[:2]
        frame[520 : 520 + height, 60 : 60 + width] = self._form

    def _walk(self, frame: Frame, seconds: float) -> None:
        """Back and forth before the tool wall, as fast as people walk."""
        x = round(640 + 420 * math.sin(0.6 * seconds + self._phase[0]))
        sway = round(14 * math.sin(5 * seconds + self._phase[1]))
        height, width = self._shirt.shape[:2]
        left, top = x - width // 2, 250 + sway
        _paste(frame, self._shirt, left, top)
        cv2.circle(frame, (x, top - 70), 62, _SKIN, -1)
        cv2.ellipse(frame, (x, top - 95), (66, 42), 0, 180, 360, (36, 40, 46), -1)
        hand = (x + 190 + 2 * sway, top + 150 + round(60 * math.sin(3 * seconds)))
        cv2.line(frame, (x + width // 2 - 20, top + 40), hand, (96, 88, 60), 46)
        cv2.circle(frame, hand, 30, _SKIN, -1)

    def _work(self, frame: Frame, seconds: float) -> None:
        """A hand with a spanner close to the lens, some of the time."""
        if math.sin(0.9 * seconds + self._phase[2]) < 0:
            return
        x = round(900 + 120 * math.sin(4 * seconds + self._phase[3]))
        y = round(520 + 80 * math.sin(3 * seconds + self._phase[4]))
        cv2.line(frame, (x, y), (x - 260, y - 120), (168, 170, 174), 30)
        cv2.circle(frame, (x - 260, y - 120), 48, (168, 170, 174), 22)
        cv2.ellipse(frame, (x + 60, y + 60), (120, 90), 35, 0, 360, _SKIN, -1)


def _shirt(random: Random) -> Frame:
    image = np.full((420, 300, 3), (120, 92, 60), np.uint8)
    for at in range(0, 420, 28):
        cv2.line(image, (0, at), (300, at), (200, 196, 188), 8)
    for at in range(0, 300, 28):
        cv2.line(image, (at, 0), (at, 420), (52, 40, 30), 8)
    grain = random.normal(0, 5, image.shape)
    return np.clip(image + grain, 0, 255).astype(np.uint8)


def _form(random: Random) -> Frame:
    image = np.full((180, 420, 3), 226, np.uint8)
    for row in range(6):
        words = "".join(random.choice(list("ABCDEFGHKLMNOPRSTU0123456789 "), 26))
        place = (14, 26 + row * 28)
        cv2.putText(image, words, place, cv2.FONT_HERSHEY_SIMPLEX, 0.6, (40,) * 3, 1)
        cv2.line(image, (10, 33 + row * 28), (410, 33 + row * 28), (120,) * 3, 1)
    return image


def _paste(frame: Frame, image: Frame, left: int, top: int) -> None:
    height, width = frame.shape[:2]
    x0, x1 = max(0, left), min(width, left + image.shape[1])
    y0, y1 = max(0, top), min(height, top + image.shape[0])
    if x0 < x1 and y0 < y1:
        frame[y0:y1, x0:x1] = image[y0 - top : y1 - top, x0 - left : x1 - left]
