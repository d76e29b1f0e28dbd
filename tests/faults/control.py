"""The page that a process under the shim shares with the run."""

import mmap
import struct
from pathlib import Path
from typing import Literal

Mode = Literal[
    "nothing",
    "torn",
    "errno",
    "drop_sync",
    "kill_before_write",
    "kill_before_sync",
    "kill_after_read",
]
MODES: tuple[Mode, ...] = (
    "nothing",
    "torn",
    "errno",
    "drop_sync",
    "kill_before_write",
    "kill_before_sync",
    "kill_after_read",
)
_FIELDS = (
    *("mode", "code", "countdown", "clock_offset"),
    *("refused", "unsynced", "struck", "misread"),
)
_SIZE = 4096


class Control:
    """Tells a process's shim what goes wrong; the counters say what did."""

    def __init__(self, file: Path) -> None:
        self.file = file
        file.write_bytes(bytes(_SIZE))
        with file.open("r+b") as stream:
            self._page = mmap.mmap(stream.fileno(), _SIZE)

    def set(self, mode: Mode, *, code: int = 0, countdown: int = 0) -> None:
        """:param countdown: so many calls still go well."""
        self._put("countdown", countdown)
        self._put("code", code)
        self._put("mode", MODES.index(mode))

    def heal(self) -> None:
        self._put("mode", 0)

    @property
    def clock_offset(self) -> int:
        return self._get("clock_offset")

    @clock_offset.setter
    def clock_offset(self, seconds: int) -> None:
        self._put("clock_offset", seconds)

    @property
    def refused(self) -> int:
        """Calls that were answered with an errno."""
        return self._get("refused")

    @property
    def unsynced(self) -> int:
        """Syncs that were promised and not done."""
        return self._get("unsynced")

    @property
    def struck(self) -> int:
        """How often the process was ended at the call that was named."""
        return self._get("struck")

    @property
    def misread(self) -> int:
        """How often a wrong wall clock was read."""
        return self._get("misread")

    def _get(self, name: str) -> int:
        return int(struct.unpack_from("<q", self._page, _FIELDS.index(name) * 8)[0])

    def _put(self, name: str, value: int) -> None:
        struct.pack_into("<q", self._page, _FIELDS.index(name) * 8, value)
