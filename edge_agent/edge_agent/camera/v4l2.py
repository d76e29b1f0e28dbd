"""A USB camera, through OpenCV and Video4Linux."""

import threading
from collections.abc import Iterator

import cv2

from edge_agent.camera.pace import Pacer
from edge_agent.camera.source import (
    FRAME_RATE,
    FRAME_SIZE,
    CameraError,
    Frame,
    as_frame,
)

READ_TIMEOUT_MS = 5000


class V4l2Source:
    """:param device: a path such as ``/dev/video0``, or a number.

    :raises CameraError: it cannot be opened.
    """

    def __init__(self, device: str = "/dev/video0", rate: float = FRAME_RATE) -> None:
        self._device = device
        self._pacer = Pacer(rate)
        self._lock = threading.Lock()
        name: str | int = int(device) if device.isdigit() else device
        self._capture = cv2.VideoCapture(name, cv2.CAP_V4L2)
        if not self._capture.isOpened():
            raise CameraError(f"{device} cannot be opened")
        # Compressed, a USB 2 camera reaches this size at its full rate.
        self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, FRAME_SIZE[0])
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, FRAME_SIZE[1])
        # The driver queues frames; with one buffer a frame is of now.
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        self._capture.set(cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS)

    def frames(self) -> Iterator[Frame]:
        while self._pacer.wait():
            yield self.snapshot()

    def snapshot(self) -> Frame:
        with self._lock:
            if not self._capture.isOpened():
                raise CameraError(f"{self._device} is closed")
            # What the buffer holds was seen at the last call.
            self._capture.grab()
            came, image = self._capture.read()
        frame = as_frame(image) if came else None
        if frame is None:
            raise CameraError(f"{self._device} gives no picture")
        return frame

    def close(self) -> None:
        self._pacer.stop()
        with self._lock:
            self._capture.release()
