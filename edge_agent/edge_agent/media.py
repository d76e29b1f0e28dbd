"""Photos and videos on the bay's disk: content-addressed, upright, nothing but pixels
and sound."""

import contextlib
import hashlib
import io
import logging
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from threading import Lock

from PIL import Image, ImageOps

from edge_agent import files, video
from edge_agent.errors import AgentError
from edge_agent.outbox import Outbox
from edge_agent.video import VideoError
from workbay_contract.events import MAX_PHOTO_BYTES, MAX_VIDEO_BYTES, MediaRef
from workbay_contract.types import sha256

FOLDER = "media"
MEGABYTE = 1024 * 1024
MAKING = "making"
"""Beside it: what is not finished. Emptied at every start."""
QUALITIES = (90, 75, 60)
"""Tried in turn until the picture fits."""
MOST_PIXELS = 50_000_000
USEFUL_SIDE = 3000
"""A larger picture is halved while it is decoded, as long as both sides stay so long:
48 megapixels take 35 MB instead of 140."""
SHORT_VIDEO_BYTES = MEGABYTE
"""Where not even so much has room in the budget, no video is begun."""
PREVIEW = (800, 480)
"""The bay's screen: what is not kept is looked at in no more pixels than it has."""
_SPENT = ("uploaded", "rejected")
"""States in which a file may go when room is needed."""


_logger = logging.getLogger(__name__)


class PhotoError(AgentError, ValueError):
    """A photo or video that is not taken.

    :ivar code: the reason, a key of ``wording.WORDING``.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class MediaStore:
    """Safe from any thread. Photos and videos have a budget, so that events never run
    out of disk.

    Where there is no room, a photo is taken all the same and only looked at: its event
    names it, and Odoo is told that its bytes will not come. A video is refused.

    :param budget: bytes that they may take; those not needed any more make room.
    :param reserve: bytes of free disk that they leave alone.
    """

    def __init__(self, folder: Path, outbox: Outbox, budget: int, reserve: int) -> None:
        self._folder = folder
        self._outbox = outbox
        self._budget = budget
        self._reserve = reserve
        self._lock = Lock()
        self._transcoding = Lock()
        self._missed = 0
        self._previews: dict[str, bytes] = {}
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._making = folder.with_name(MAKING)
        shutil.rmtree(self._making, ignore_errors=True)
        self._making.mkdir(mode=0o700)
        self._sweep()

    def keep(self, image: bytes) -> MediaRef:
        """Turn a picture upright, strip it, and keep it; durable on return.

        Without room for it, or where the disk does not take it, its ``preview`` is
        held in memory until it is dropped or let go.

        :raises PhotoError: it is no picture.
        """
        data = normalised(image)
        photo = MediaRef(sha256=sha256(data), size=len(data))
        with self._lock:
            if self._wrote(photo, data):
                self._previews.pop(photo.sha256, None)
            else:
                self._previews[photo.sha256] = _preview(data)
        return photo

    def _wrote(self, photo: MediaRef, data: bytes) -> bool:
        path = self._folder / photo.sha256
        if path.exists():
            return True
        try:
            self._make_room(photo.size)
            files.write(path, data)
        except PhotoError:
            return False
        except OSError:
            _logger.warning("The disk does not take a photo", exc_info=True)
            self._missed = photo.size
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            return False
        return True

    def incoming(self, size: int = MAX_VIDEO_BYTES) -> Path:
        """A new empty file for a video that is not kept yet, for ``keep_video``.

        :param size: bytes that it may come to have.
        :raises PhotoError: there is no room for so much, or none for even a short one.
        """
        free = shutil.disk_usage(self._making).free
        if free < size + 2 * MAX_VIDEO_BYTES + self._reserve:
            raise PhotoError("media_full")
        with self._lock:
            if self._lack(SHORT_VIDEO_BYTES)[0] > 0:
                self._missed = SHORT_VIDEO_BYTES
                raise PhotoError("media_full")
        descriptor, name = tempfile.mkstemp(dir=self._making)
        os.close(descriptor)
        return Path(name)

    def keep_video(
        self,
        source: Path,
        recorded: bool = False,
        heard: video.Heard = video.wanted,
    ) -> MediaRef:
        """Make H.264 in MP4 of a video and keep it; durable on return.

        Takes seconds to minutes, one after the other. The source is gone afterwards,
        whatever came of it.

        :param source: MP4 or MOV from a phone, best from ``incoming``.
        :param recorded: it was encoded here by ``video.encoding``.
        :param heard: is told how far it is, and says whether it is still wanted.
        :raises VideoError: it is no video, broken or too long.
        :raises GivenUpError: it is not wanted any more.
        :raises PhotoError: there is no room for it.
        """
        target = source.with_suffix(".made")
        try:
            with self._transcoding:
                if recorded:
                    video.finish(source, target)
                else:
                    video.transcode(source, target, heard)
            return self._adopt(target)
        except OSError as error:
            raise VideoError("video_unreadable") from error
        finally:
            source.unlink(missing_ok=True)
            target.unlink(missing_ok=True)

    def _adopt(self, made: Path) -> MediaRef:
        with made.open("rb") as file:
            name = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        size = made.stat().st_size
        with self._lock:
            if not (self._folder / name).exists():
                self._make_room(size)
                shutil.move(made, self._folder / name)
                files.sync_folder(self._folder)
        return MediaRef(sha256=name, type="video/mp4", size=size)

    def path(self, name: str) -> Path | None:
        """The file of a photo or video; None when it is not here."""
        path = self._folder / name
        return path if len(name) == 64 and name.isalnum() and path.is_file() else None

    def not_kept(self, photos: Iterable[MediaRef]) -> frozenset[str]:
        """The hashes of those whose bytes are not here."""
        names = (photo.sha256 for photo in photos)
        return frozenset(name for name in names if self.path(name) is None)

    def preview(self, name: str) -> bytes | None:
        """A photo that is not kept, as JPEG in the screen's size."""
        return self._previews.get(name)

    def let_go(self, names: Iterable[str]) -> None:
        """Events name these now: they are not looked at any more."""
        with self._lock:
            for name in names:
                self._previews.pop(name, None)

    def drop(self, name: str) -> None:
        """Delete a photo that no event names."""
        with self._lock:
            self._previews.pop(name, None)
            path = self.path(name)
            if path is not None and name not in self._outbox.media.known():
                path.unlink()

    def is_full(self) -> bool:
        """Whether there was no room for the last photo, and there still is none."""
        with self._lock:
            if self._missed and self._lack(self._missed)[0] <= 0:
                self._missed = 0
            return bool(self._missed)

    def free_mb(self) -> int:
        return shutil.disk_usage(self._folder).free // MEGABYTE

    def _sweep(self) -> None:
        """Delete what no event came to name before the agent last ended."""
        known = self._outbox.media.known()
        for path in self._folder.iterdir():
            if path.name not in known:
                path.unlink()

    def _lack(self, size: int) -> tuple[int, list[tuple[Path, os.stat_result]]]:
        """How many bytes are missing for a photo beyond what may go, and what may."""
        found = [(path, path.stat()) for path in self._folder.iterdir()]
        found.sort(key=lambda file: file[1].st_mtime_ns)
        used = sum(stat.st_size for _, stat in found)
        free = shutil.disk_usage(self._folder).free
        missing = max(used + size - self._budget, size + self._reserve - free)
        if missing <= 0:
            return missing, []
        known = self._outbox.media.known()
        spent = [file for file in found if known.get(file[0].name) in _SPENT]
        room = sum(stat.st_size for _, stat in spent)
        return (missing, []) if missing > room else (0, self._first(spent, missing))

    def _first(
        self, spent: list[tuple[Path, os.stat_result]], missing: int
    ) -> list[tuple[Path, os.stat_result]]:
        """So many of the oldest that there is room."""
        going = []
        for path, stat in spent:
            if missing <= 0:
                break
            going.append((path, stat))
            missing -= stat.st_size
        return going

    def _make_room(self, size: int) -> None:
        missing, going = self._lack(size)
        if missing > 0:
            self._missed = size
            raise PhotoError("media_full")
        self._missed = 0
        for path, _stat in going:
            path.unlink()
            self._outbox.media.forget(path.name)


def _preview(photo: bytes) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(photo), formats=["JPEG"]) as picture:
        picture.draft("RGB", PREVIEW)
        picture.thumbnail(PREVIEW)
        picture.save(out, "JPEG", quality=QUALITIES[1])
    return out.getvalue()


def normalised(image: bytes) -> bytes:
    """The picture as JPEG, upright as its EXIF says, with nothing but pixels in it.

    :raises PhotoError: it is no picture, or cannot be made small enough.
    """
    if not image or len(image) > 2 * MAX_PHOTO_BYTES:
        raise PhotoError("photo_unreadable")
    try:
        with Image.open(io.BytesIO(image), formats=["JPEG"]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise PhotoError("photo_unreadable")
            picture.draft("RGB", (USEFUL_SIDE, USEFUL_SIDE))
            pixels = ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PhotoError("photo_unreadable") from error
    bare = Image.frombuffer("RGB", pixels.size, pixels.tobytes(), "raw", "RGB", 0, 1)
    for quality in QUALITIES:
        data = io.BytesIO()
        bare.save(data, "JPEG", quality=quality)
        if data.tell() <= MAX_PHOTO_BYTES:
            return data.getvalue()
    raise PhotoError("photo_unreadable")
