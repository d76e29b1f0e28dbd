"""The free readers that ours is measured against, each as it comes."""

import contextlib
from collections.abc import Callable

import cv2
import numpy as np

from edge_agent.camera.source import Frame
from edge_agent.scan import decoders, views
from edge_agent.scan.code import Code

Rival = Callable[[Frame], list[Code]]


def zxing(frame: Frame) -> list[Code]:
    return decoders.zxing(views.gray(frame))[0]


def pyzbar(frame: Frame) -> list[Code]:
    return decoders.zbar(views.gray(frame))[0]


def opencv(frame: Frame) -> list[Code]:
    """By its detector with ArUco's contours, which reads twice as much as the other."""
    detector = cv2.QRCodeDetectorAruco()
    codes: list[Code] = []
    # It raises on some pictures of no code at all.
    with contextlib.suppress(cv2.error):
        found, texts, corners, _ = detector.detectAndDecodeMulti(frame)
        if found:
            codes = [
                Code(text, np.asarray(each, float))
                for text, each in zip(texts, corners, strict=True)
                if text
            ]
    return codes


RIVALS: dict[str, Rival] = {"zxing": zxing, "pyzbar": pyzbar, "opencv": opencv}
