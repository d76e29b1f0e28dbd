"""What a bay's camera has before it when nothing is held up, and the light there."""

import math

import cv2
import numpy as np

from edge_agent.camera.source import FRAME_SIZE, Frame


def light(random: np.random.Generator) -> Frame:
    """How much light falls where: lamps to one side, darker corners, a tint."""
    width, height = FRAME_SIZE
    across = np.linspace(-1, 1, width)[None, :]
    down = np.linspace(-1, 1, height)[:, None]
    angle = random.uniform(0, 2 * math.pi)
    slope = random.uniform(0.1, 0.25)
    share = 0.82 + slope * (across * math.cos(angle) + down * math.sin(angle))
    share = share - 0.08 * (across**2 + down**2)
    tint = np.array([random.uniform(0.88, 1.0), 0.98, random.uniform(0.92, 1.0)])
    return _frame(np.clip(share[:, :, None] * tint * 255, 0, 255))


def background(random: np.random.Generator) -> Frame:
    """A tool wall over a bench, out of focus as it is far behind what is held up."""
    width, height = FRAME_SIZE
    image = np.full((height, width, 3), (112, 104, 96), np.uint8)
    for x in range(20, width, 46):
        for y in range(16, 470, 46):
            cv2.circle(image, (x, y), 5, (70, 66, 62), -1)
    for x in random.integers(40, width - 60, 7):
        long = int(random.integers(120, 300))
        cv2.rectangle(image, (x, 60), (x + 26, 60 + long), (150, 152, 156), -1)
        cv2.rectangle(image, (x - 4, 60 + long), (x + 30, 110 + long), (40, 44, 52), -1)
    cv2.rectangle(image, (0, 480), (width, height), (58, 70, 84), -1)
    cv2.rectangle(image, (0, 480), (width, 498), (86, 100, 118), -1)
    chest = int(random.integers(0, width - 420))
    cv2.rectangle(image, (chest, 330), (chest + 420, 640), (28, 92, 214), -1)
    for drawer in range(4):
        top = 348 + drawer * 72
        cv2.rectangle(
            image, (chest + 20, top), (chest + 400, top + 8), (30, 34, 40), -1
        )
    return _frame(cv2.GaussianBlur(image, (0, 0), 7))


def _frame(image: object) -> Frame:
    return np.asarray(image, np.uint8)
