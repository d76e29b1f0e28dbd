"""Frames as JPEG: small for the live view, whole for an inspection photo."""

from typing import Any

import cv2
from numpy.typing import NDArray

from edge_agent.camera import CameraError, Frame

LIVE_WIDTH = 640
LIVE_QUALITY = 70
PHOTO_QUALITY = 95
"""The bay encodes it once more, for good."""


def live_jpeg(frame: Frame) -> bytes:
    height = round(frame.shape[0] * LIVE_WIDTH / frame.shape[1])
    small = cv2.resize(frame, (LIVE_WIDTH, height), interpolation=cv2.INTER_AREA)
    return _jpeg(small, LIVE_QUALITY)


def photo_jpeg(frame: Frame) -> bytes:
    return _jpeg(frame, PHOTO_QUALITY)


def _jpeg(frame: NDArray[Any], quality: int) -> bytes:
    done, data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise CameraError("the picture cannot be encoded")
    return data.tobytes()
