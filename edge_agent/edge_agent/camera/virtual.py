"""The camera of a bay that has none: it sees what lies on a desk, a folder.

Whatever page images lie there are held up to it. A file ``photo-*`` is what it looks
at instead: the car, when an inspection photo is due.
"""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

from edge_agent.camera.folder import SUFFIXES
from edge_agent.camera.pace import Pacer
from edge_agent.camera.picture import Files
from edge_agent.camera.scene import Page, Scene, make_page
from edge_agent.camera.source import FRAME_RATE, CameraError, Frame

_logger = logging.getLogger(__name__)

PHOTO_PREFIX = "photo-"

_Print = tuple[str, int, int]
"""A file as it was when it was read: name, size, time of change."""


class VirtualSource:
    """:param desk: made if it is not there."""

    def __init__(self, desk: Path, seed: int = 0, rate: float = FRAME_RATE) -> None:
        self._desk = desk
        self._pacer = Pacer(rate)
        self._lock = threading.Lock()
        self._scene = Scene(seed)
        self._files = Files(_logger)
        self._number = 0
        self._pages: dict[_Print, Page | None] = {}
        self._photos: dict[_Print, Frame | None] = {}
        try:
            desk.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CameraError(f"{desk} cannot be made") from error

    def frames(self) -> Iterator[Frame]:
        while self._pacer.wait():
            yield self.snapshot()

    def snapshot(self) -> Frame:
        with self._lock:
            self._number += 1
            self._look()
            photos = [image for image in self._photos.values() if image is not None]
            if photos:
                return self._scene.photo(photos[0], self._number)
            pages = [page for page in self._pages.values() if page is not None]
            return self._scene.hold(pages, self._number)

    def close(self) -> None:
        self._pacer.stop()

    def _look(self) -> None:
        """Read what is new on the desk and forget what is gone."""
        prints = self._prints()
        photos = [each for each in prints if each[0].startswith(PHOTO_PREFIX)]
        pages = [each for each in prints if not each[0].startswith(PHOTO_PREFIX)]
        self._photos = {
            each: self._photos[each] if each in self._photos else self._photo(each)
            for each in photos
        }
        self._pages = {
            each: self._pages[each] if each in self._pages else self._page(each)
            for each in pages
        }

    def _page(self, each: _Print) -> Page | None:
        image = self._files.read(self._desk / each[0])
        if image is None:
            return None
        _logger.info("%s is held up", each[0])
        return make_page(each[0], image)

    def _photo(self, each: _Print) -> Frame | None:
        return self._files.read(self._desk / each[0])

    def _prints(self) -> list[_Print]:
        found = []
        try:
            for path in self._desk.iterdir():
                if path.suffix.lower() not in SUFFIXES:
                    continue
                status = path.stat()
                found.append((path.name, status.st_size, status.st_mtime_ns))
        except FileNotFoundError:  # taken away while we looked; the next frame knows
            pass
        except OSError as error:
            raise CameraError(f"{self._desk} cannot be read") from error
        return sorted(found)
