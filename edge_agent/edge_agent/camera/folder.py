"""A camera that shows the images of a folder, in the order of their names."""

import itertools
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

from edge_agent.camera.pace import Pacer
from edge_agent.camera.picture import Files
from edge_agent.camera.source import FRAME_RATE, CameraError, Frame

_logger = logging.getLogger(__name__)

SUFFIXES = frozenset({".png", ".jpg", ".jpeg"})


class FolderSource:
    """Plays recorded frames over and over; one that cannot be read is passed over."""

    def __init__(self, folder: Path, rate: float = FRAME_RATE) -> None:
        self._folder = folder
        self._pacer = Pacer(rate)
        self._lock = threading.Lock()
        self._shown: Frame | None = None
        self._files = Files(_logger)

    def frames(self) -> Iterator[Frame]:
        for path in self._endless():
            frame = self._files.read(path)
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
            if (frame := self._files.read(path)) is not None:
                return frame
        raise CameraError(f"no image in {self._folder}")

    def close(self) -> None:
        self._pacer.stop()

    def _endless(self) -> Iterator[Path]:
        images = self._images()
        if all(self._files.read(path) is None for path in images):
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
