"""What has come of each upload, on the bridge's disk: a cache that may go any time."""

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

MEGABYTE = 1024 * 1024
FORGOTTEN_SECONDS = 24 * 3600.0
CHUNK = 64 * 1024


class NoRoomError(OSError):
    """The uploads' share of the disk is spent by those that are under way."""


class Parts:
    """One file per device and hash, so that none can spoil another's.

    Nothing here is needed: an upload whose part is gone begins again. Who asks for a
    part last has it (``turn``); a request that was overtaken writes no more.

    :param budget: bytes that all parts may take.
    """

    def __init__(self, folder: Path, budget: int) -> None:
        self._folder = folder
        self.budget = budget
        self._turns: dict[Path, int] = {}
        self._turn = 0

    def part(self, device: str, sha256: str) -> "Part":
        """The part, from now on the caller's. Both names hold letters, digits and
        ``-`` only; the caller has checked them."""
        path = self._folder / f"{device}.{sha256}"
        self._turn += 1
        self._turns[path] = self._turn
        return Part(self, path, self._turn)

    def has_turn(self, part: "Part") -> bool:
        return self._turns.get(part.path) == part.turn

    def leave(self, part: "Part") -> None:
        """The request is over; whatever has come stays."""
        if self.has_turn(part):
            del self._turns[part.path]

    def make_room(self, size: int) -> None:
        """Let forgotten parts go, and the oldest that nobody is writing.

        :raises NoRoomError: that does not make room for ``size`` bytes.
        """
        found = sorted(self._files(), key=lambda file: file[1])
        used = sum(length for _, _, length in found)
        old = time.time() - FORGOTTEN_SECONDS
        for path, touched, length in found:
            if path in self._turns or (touched > old and used + size <= self.budget):
                continue
            path.unlink(missing_ok=True)
            used -= length
        if used + size > self.budget:
            raise NoRoomError("uploads under way take all of their share")

    def _files(self) -> Iterator[tuple[Path, float, int]]:
        for path in self._folder.iterdir():
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            yield path, stat.st_mtime, stat.st_size


class Part:
    """The first bytes of a file."""

    def __init__(self, parts: Parts, path: Path, turn: int) -> None:
        self._parts = parts
        self.path = path
        self.turn = turn

    @property
    def has_turn(self) -> bool:
        return self._parts.has_turn(self)

    @property
    def size(self) -> int:
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, anew: bool) -> IO[bytes]:
        """Unbuffered: what was written counts, however the request ends.

        :param anew: from the first byte.
        """
        return self.path.open("wb" if anew else "ab", buffering=0)

    def sha256(self) -> str:
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)

    def leave(self) -> None:
        self._parts.leave(self)
