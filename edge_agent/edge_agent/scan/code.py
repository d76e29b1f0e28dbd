"""One code that was read."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Corners = NDArray[np.float64]
"""4 × 2, pixels of the frame, clockwise from the symbol's own top left."""


UNCHECKED = frozenset({"Code39", "Code39Std", "Code39Ext"})
"""Symbologies that carry no checksum."""


@dataclass(frozen=True)
class Code:
    """:ivar symbology: ``QRCode``, ``DataMatrix``, ``Code128`` or ``Code39``."""

    text: str
    corners: Corners = field(compare=False)
    symbology: str = "QRCode"

    @cached_property
    def _box(self) -> tuple[float, float, float, float]:
        (left, top), (right, bottom) = (
            self.corners.min(axis=0),
            self.corners.max(axis=0),
        )
        return float(left), float(top), float(right), float(bottom)

    @property
    def middle(self) -> tuple[float, float]:
        x, y = self.corners.mean(axis=0)
        return float(x), float(y)

    def scaled(self, factor: float) -> "Code":
        """As seen in the frame at so many times its size."""
        return Code(self.text, self.corners * factor, self.symbology)

    def covers(self, x: float, y: float) -> bool:
        """Whether a place of the frame lies within the code."""
        left, top, right, bottom = self._box
        if not (left <= x <= right and top <= y <= bottom):
            return False
        before, after = self.corners, np.roll(self.corners, -1, axis=0)
        turn = (after[:, 0] - before[:, 0]) * (y - before[:, 1]) - (
            after[:, 1] - before[:, 1]
        ) * (x - before[:, 0])
        return bool((turn >= 0).all() or (turn <= 0).all())
