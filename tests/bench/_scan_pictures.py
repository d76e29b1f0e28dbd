"""Pictures for docs/reader.md: what the reader still fails on, of seeds for tuning.

``.runtime/venv/bin/python -m tests.bench._scan_pictures docs/images``
"""

import sys
from pathlib import Path

import cv2
import numpy as np

from edge_agent.scan.reader import Reader
from tests.bench import _photographs

KINDS = ("curved", "motion", "tear")
SIDE = 300
EACH = 3


def main(folder: Path) -> None:
    """One row per kind of the first photographs that are not read."""
    reader = Reader(budget=10)
    for kind in KINDS:
        row: list[np.ndarray] = []
        for seed in range(400):
            photograph = _photographs.take(kind, seed)
            if len(row) == EACH:
                break
            if not reader.read(photograph.frame):
                row.append(_cut(photograph))
        target = folder / f"reader-unread-{kind}.jpg"
        cv2.imwrite(str(target), np.hstack(row), [cv2.IMWRITE_JPEG_QUALITY, 80])


def _cut(photograph: _photographs.Photograph) -> np.ndarray:
    """The code and some of what is around it."""
    outline = photograph.labels[0][1]
    low, high = outline.min(axis=0), outline.max(axis=0)
    half = 0.7 * float((high - low).max())
    x, y = (low + high) / 2
    height, width = photograph.frame.shape[:2]
    left, top = max(0, round(x - half)), max(0, round(y - half))
    right, bottom = min(width, round(x + half)), min(height, round(y + half))
    return cv2.resize(photograph.frame[top:bottom, left:right], (SIDE, SIDE))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
