"""The Pi's own camera, through picamera2 (which only a Pi can install)."""

import logging
from collections.abc import Iterator
from typing import Any

from edge_agent.camera.pace import Pacer
from edge_agent.camera.source import (
    FRAME_RATE,
    FRAME_SIZE,
    CameraError,
    Frame,
    as_frame,
)

_logger = logging.getLogger(__name__)

PHOTO_SIZE = (1920, 1080)
CAPTURE_SECONDS = 5.0
# The sensor runs faster than frames are taken, so that its exposure stays short
# enough for a sheet in a moving hand; microseconds.
FRAME_DURATION = (33333, 33333)
FOCUS_CONTINUOUS = 2  # libcamera.controls.AfModeEnum.Continuous


class PicameraSource:
    """:param number: the camera's number on this Pi.

    :raises CameraError: there is no such camera, or somebody else has it.
    """

    def __init__(self, number: int = 0, rate: float = FRAME_RATE) -> None:
        try:
            from picamera2 import Picamera2
        except ImportError as error:
            raise CameraError("picamera2 is not installed") from error
        self._pacer = Pacer(rate)
        try:
            self._camera: Any = Picamera2(number)
        except (RuntimeError, IndexError) as error:  # busy; not there
            raise CameraError(f"camera {number}: {error}") from error
        try:
            self._start()
        except RuntimeError as error:
            self._camera.close()
            raise CameraError(f"camera {number}: {error}") from error

    def frames(self) -> Iterator[Frame]:
        while self._pacer.wait():
            yield self._result(self._camera.capture_array("main", wait=False))

    def snapshot(self) -> Frame:
        # picamera2 does its jobs one after the other, whichever thread asked.
        return self._result(
            self._camera.switch_mode_and_capture_array(self._photo, "main", wait=False)
        )

    def close(self) -> None:
        self._pacer.stop()
        try:
            self._camera.close()
        except RuntimeError:
            _logger.warning("the camera does not close", exc_info=True)

    def _start(self) -> None:
        # libcamera's "RGB888" lies in memory as blue, green, red. Without a queue a
        # capture waits for a frame that begins after it was asked for.
        video = self._camera.create_video_configuration(
            main={"size": FRAME_SIZE, "format": "RGB888"},
            controls={"FrameDurationLimits": FRAME_DURATION},
            buffer_count=3,
            queue=False,
        )
        self._photo = self._camera.create_still_configuration(
            main={"size": PHOTO_SIZE, "format": "RGB888"}
        )
        self._camera.configure(video)
        if "AfMode" in self._camera.camera_controls:
            self._camera.set_controls({"AfMode": FOCUS_CONTINUOUS})
        self._camera.start()

    def _result(self, job: Any) -> Frame:
        try:
            frame = as_frame(self._camera.wait(job, timeout=CAPTURE_SECONDS))
        except TimeoutError as error:  # the sensor hangs: known of long ribbon cables
            raise CameraError("the camera does not answer") from error
        except RuntimeError as error:
            raise CameraError(str(error)) from error
        if frame is None:
            raise CameraError("the camera gives no picture")
        return frame
