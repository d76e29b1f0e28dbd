"""What a bay's people saw, on a disk that never fails: the audit's side of the truth.

One JSON object a line. ``try``: a tap begins; ``ok``: the bay confirmed it; ``fail``:
it said that it could not; ``final``: the outcome that the bay knows; ``not_kept``: it
had no room for a photo; ``connection``: what its screen says of it; ``start``: the
process is there again.
"""

import json
import os
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Story:
    """A journal read from its beginning; ``follow`` takes in what came since."""

    file: Path
    tried: list[str] = field(default_factory=list)
    confirmed: dict[str, int] = field(default_factory=dict)
    steps: dict[str, int] = field(default_factory=dict)
    finals: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    contradicted: list[tuple[str, tuple[str, str | None]]] = field(default_factory=list)
    not_kept: set[str] = field(default_factory=set)
    failures: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    starts: int = 0
    states: Counter[str] = field(default_factory=Counter)
    _at: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def follow(self) -> "Story":
        """From any thread: every lane of a run looks at every bay."""
        with self._lock:
            for line in self._new_lines():
                self._take(line)
        return self

    @property
    def waiting(self) -> int:
        return len(self.confirmed) - len(self.finals.keys() & self.confirmed.keys())

    def _new_lines(self) -> Iterator[dict[str, Any]]:
        if not self.file.exists():
            return
        with self.file.open("rb") as stream:
            stream.seek(self._at)
            data = stream.read()
        whole, newline, _partial = data.rpartition(b"\n")
        self._at += len(whole) + len(newline)
        for line in whole.splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue  # the process ended while it wrote

    def _take(self, line: dict[str, Any]) -> None:
        uuid = line.get("uuid", "")
        match line["what"]:
            case "try":
                self.tried.append(uuid)
                self.steps[uuid] = line["step"]
            case "ok":
                self.confirmed[uuid] = line["seq"]
            case "fail":
                self.failures += 1
                error = line["error"]
                self.errors[error] = self.errors.get(error, 0) + 1
            case "final":
                told = (line["result"], line["code"])
                if self.finals.setdefault(uuid, told) != told:
                    self.contradicted.append((uuid, told))
            case "not_kept":
                self.not_kept.add(line["sha256"])
            case "start":
                self.starts += 1
            case "connection":
                self.states[line["state"]] += 1


class Journal:
    """The writing end: one line, one write."""

    def __init__(self, file: Path) -> None:
        self._fd = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        size = os.fstat(self._fd).st_size
        if size and os.pread(self._fd, 1, size - 1) != b"\n":
            os.write(self._fd, b"\n")

    def note(self, what: str, **values: object) -> None:
        line = json.dumps({"what": what, **values}, default=str)
        os.write(self._fd, line.encode() + b"\n")
