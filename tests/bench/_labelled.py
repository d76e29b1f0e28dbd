"""Photographs in a folder and what is on them: corner files or a list of texts."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge_agent.camera.source import Frame
from edge_agent.scan.code import Code

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})


@dataclass(frozen=True)
class Labelled:
    """:ivar outlines: of the codes, each 4 × 2, where the labels are corners.

    :ivar texts: of the codes, where the labels are texts; none of either where the
        photograph is said to hold no code.
    """

    path: Path
    outlines: tuple[NDArray[np.float64], ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def category(self) -> str:
        return self.path.parent.name

    @property
    def count(self) -> int:
        return len(self.outlines) + len(self.texts)

    def frame(self) -> Frame | None:
        """As stored: corners belong to the pixels before any rotation by EXIF."""
        flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
        image = cv2.imread(str(self.path), flags)
        return None if image is None else np.asarray(image, np.uint8)

    def score(self, codes: list[Code]) -> tuple[int, int]:
        """How many labelled codes were read, and how many texts are not there."""
        if not self.outlines:
            left = list(self.texts)
            for code in codes:
                if code.text in left:
                    left.remove(code.text)
            wrong = sum(code.text not in self.texts for code in codes)
            return len(self.texts) - len(left), wrong
        open_ = list(self.outlines)
        for code in codes:
            x, y = code.middle
            inside = [
                cv2.pointPolygonTest(each.astype(np.float32), (x, y), False) >= 0
                for each in open_
            ]
            if any(inside):
                open_.pop(inside.index(True))
        return len(self.outlines) - len(open_), 0


def load(folder: Path) -> list[Labelled]:
    """All photographs below ``folder`` that have labels.

    :raises ValueError: there are none.
    """
    lists = sorted(folder.rglob("labels.csv"))
    found = [each for path in lists for each in _listed(path)]
    if not lists:
        found = list(_cornered(folder))
    if not found:
        raise ValueError(f"{folder}: neither a labels.csv nor corner files")
    return found


def _listed(path: Path) -> Iterator[Labelled]:
    texts: dict[str, list[str]] = {}
    # Spreadsheets put a mark before the first character.
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.reader(file)):
            if len(row) < 2 or (number == 0 and row[:2] == ["file", "text"]):
                continue
            there = texts.setdefault(row[0], [])
            if row[1]:  # a photograph without a code has none
                there.append(row[1])
    for name, there in texts.items():
        yield Labelled(path.parent / name, texts=tuple(there))


def _cornered(folder: Path) -> Iterator[Labelled]:
    for path in sorted(folder.rglob("*")):
        labels = path.with_suffix(".txt")
        if path.suffix.lower() in SUFFIXES and labels.is_file():
            outlines = _corners(labels.read_text(encoding="utf-8"))
            if outlines:
                yield Labelled(path, outlines=tuple(outlines))


def _corners(text: str) -> list[NDArray[np.float64]]:
    """BoofCV's files: a corner a line, or after ``SETS`` a code a line."""
    numbers: list[float] = []
    for line in text.splitlines():
        if line.strip() and not line.startswith(("#", "SETS")):
            numbers += [float(each) for each in line.split()]
    whole = len(numbers) // 8 * 8
    return list(np.array(numbers[:whole]).reshape(-1, 4, 2))
