"""Pictures of the procedures' steps on the bay's disk, each under its own hash."""

import logging
import re
import shutil
from collections.abc import Collection
from pathlib import Path
from threading import Lock

from edge_agent import files
from workbay_contract.board import Board
from workbay_contract.pictures import JPEG_START, MAX_BYTES
from workbay_contract.types import sha256

FOLDER = "pictures"
MOST = 200
"""Pictures kept, 20 MB at most. What the board names no more stays until there is no
room: the next car's oil change shows the same ones."""

_logger = logging.getLogger(__name__)
_NAME = re.compile(r"[0-9a-f]{64}", re.ASCII)


class PictureStore:
    """Safe from any thread. Nothing of it is evidence: all of it can be had again.

    :param reserve: bytes of disk that are left to the events.
    """

    def __init__(self, folder: Path, reserve: int = 0, most: int = MOST) -> None:
        """:raises OSError: the folder cannot be used."""
        self._folder = folder
        self._reserve = reserve
        self._most = most
        self._lock = Lock()
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._here: dict[str, None] = {}
        for path in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime):
            try:
                self._find(path)
            except OSError as error:  # a bay starts whatever its pictures are like
                _logger.warning("Picture not readable: %s", error)

    def _find(self, path: Path) -> None:
        """Know a picture that is here; what is none goes."""
        if _NAME.fullmatch(path.name) and is_picture(path.name, path.read_bytes()):
            self._here[path.name] = None
        else:
            path.unlink()

    def __contains__(self, name: object) -> bool:
        return name in self._here

    def path(self, name: str) -> Path | None:
        return self._folder / name if name in self._here else None

    def missing(self, named: Collection[str]) -> list[str]:
        """Those that can be fetched, in the order in which they are named."""
        room = self._most - sum(name in self._here for name in named)
        return [name for name in named if name not in self._here][: max(0, room)]

    def keep(self, name: str, data: bytes, named: Collection[str]) -> None:
        """Keep a picture; the oldest that nobody names goes where room is needed.

        :param named: what the newest board names.
        :raises ValueError: it is not what its hash says, or no picture for a board.
        :raises OSError: no room.
        """
        if not is_picture(name, data):
            raise ValueError(name)
        with self._lock:
            self._make_room(set(named) | {name})
            if shutil.disk_usage(self._folder).free < self._reserve + len(data):
                raise OSError("the rest of the disk is for events")
            files.write(self._folder / name, data)
            self._here[name] = None

    def _make_room(self, named: set[str]) -> None:
        for old in [name for name in self._here if name not in named]:
            if len(self._here) < self._most:
                return
            (self._folder / old).unlink(missing_ok=True)
            del self._here[old]


def named_by(board: Board | None) -> tuple[str, ...]:
    """The pictures that a board names, each once."""
    if board is None:
        return ()
    steps = (step for each in board.procedures.values() for step in each)
    return tuple(dict.fromkeys(step.picture for step in steps if step.picture))


def is_picture(name: str, data: bytes) -> bool:
    """Whether the bytes are a JPEG small enough for a board, and the one named."""
    return (
        len(data) <= MAX_BYTES and data.startswith(JPEG_START) and sha256(data) == name
    )
