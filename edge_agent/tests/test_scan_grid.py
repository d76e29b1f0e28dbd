"""Bent, blurred and soiled codes that zxing-cpp alone does not read."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from edge_agent.camera.source import Frame
from edge_agent.scan import Reader, decoders, views
from edge_agent.scan.memory import Memory

from . import printed

TEXT = printed.text("order")


def shown(side: int = 220) -> Frame:
    """A code on a sheet in a grey room."""
    frame = np.full((720, 1280, 3), 90, np.uint8)
    code = cv2.resize(
        printed.qr(TEXT, 30, 20), (side, side), interpolation=cv2.INTER_AREA
    )
    frame[200 : 240 + side, 500 : 540 + side] = 235
    frame[220 : 220 + side, 520 : 520 + side] = code
    return frame


def moved(frame: Frame) -> Frame:
    """By nine pixels, almost two modules, while the shutter was open."""
    kernel = np.zeros((9, 9), np.float32)
    kernel[4] = 1 / 9
    return np.asarray(cv2.filter2D(frame, -1, kernel), np.uint8)


def unfocused(frame: Frame) -> Frame:
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), 3.4), np.uint8)


def bent(frame: Frame) -> Frame:
    """The middle of the sheet seen 26 pixels above its ends."""
    x, y = np.meshgrid(
        np.arange(1280, dtype=np.float32), np.arange(720, dtype=np.float32)
    )
    y += 26 * (1 - ((x - 630) / 110) ** 2)
    return np.asarray(cv2.remap(frame, x, y, cv2.INTER_LINEAR), np.uint8)


def soiled(frame: Frame) -> Frame:
    frame = frame.copy()
    cv2.circle(frame, (610, 370), 30, (50, 50, 50), -1)
    cv2.circle(frame, (680, 330), 22, (235, 235, 235), -1)
    cv2.circle(frame, (560, 395), 18, (50, 50, 50), -1)
    return frame


@pytest.mark.parametrize("damage", [moved, unfocused, bent, soiled])
def test_a_grid_reads_what_the_first_pass_cannot(
    damage: Callable[[Frame], Frame],
) -> None:
    frame = damage(shown())
    assert decoders.zxing(views.gray(frame))[0] == []
    [code] = Reader(budget=10).read(frame)
    assert code.text == TEXT
    x, y = code.middle
    assert abs(x - 630) < 12
    assert abs(y - 330) < 30


def test_frames_vote_on_what_few_of_them_show_well() -> None:
    random = np.random.default_rng(4)
    reader, memory = Reader(budget=10, clock=lambda: 0.0), Memory()
    alone = together = 0
    soft = cv2.GaussianBlur(shown(140), (0, 0), 1.5)
    for _ in range(6):
        grain = random.normal(0, 100, soft.shape)
        frame = np.clip(soft + grain, 0, 255).astype(np.uint8)
        alone += bool(reader.read(frame))
        together += bool(reader.read(frame, memory=memory))
    assert together >= alone + 2
