"""A camera that shows the images of a folder, in the order of their names."""

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import cv2

from edge_agent.camera.pace import Pacer
from edge_agent.camera.source import FRAME_RATE, CameraError, Frame, as_frame

SUFFIXES = frozenset({".png", ".jpg", ".jpeg"})


class FolderSource:
    """Plays recorded frames over and over; one that cannot be read is passed over."""

    def __init__(self, folder: Path, rate: float = FRAME_RATE) -> None:
        self._folder = folder
        self._pacer = Pacer(rate)
        self._lock = threading.Lock()
        self._shown: Frame | None = None

    def frames(self) -> Iterator[Frame]:
        for path in self._endless():
            frame = as_frame(cv2.imread(str(path)))
            if frame is None:
                continue
            if not self._pacer.wait():
                return
            with self._lock:
                self._shown = frame
            yield frame

    def snapshot(self) -> Frame:
        with self._lock:
            if self._shown is not None:
                return self._shown
        for path in self._images():
            if (frame := as_frame(cv2.imread(str(path)))) is not None:
                return frame
        raise CameraError(f"no image in {self._folder}")

    def close(self) -> None:
        self._pacer.stop()

    def _endless(self) -> Iterator[Path]:
        images = self._images()
        if all(as_frame(cv2.imread(str(path))) is None for path in images):
            raise CameraError(f"no image in {self._folder}")
        return itertools.cycle(images)

    def _images(self) -> list[Path]:
        try:
            return sorted(
                path
                for path in self._folder.iterdir()
                if path.suffix.lower() in SUFFIXES
            )
        except OSError as error:
            raise CameraError(f"{self._folder} cannot be read") from error
