"""What the last frames knew of codes that they could not read."""

from dataclasses import dataclass, field

import numpy as np

from edge_agent.scan.code import Corners
from edge_agent.scan.symbol import Signs

KEPT_SECONDS = 0.6
"""Longer ago, a hand has moved on."""

MOST_SEEN = 3
_FADING = 0.8


@dataclass
class Seen:
    """A code that frames saw at about the same place.

    :ivar sum: of its weighed modules over these frames; none is ever made up.
    """

    corners: Corners
    version: int
    sum: Signs
    at: float
    frames: int = 1


@dataclass
class Memory:
    """Of one camera. Frames vote: noise and glare differ from one to the next."""

    seen: list[Seen] = field(default_factory=list)

    def recent(self, now: float) -> list[Seen]:
        """The newest first."""
        self.seen = [each for each in self.seen if now - each.at < KEPT_SECONDS]
        return sorted(self.seen, key=lambda each: -each.at)[:MOST_SEEN]

    def add(
        self, corners: Corners, version: int, signs: Signs, now: float
    ) -> Signs | None:
        """Add a frame's modules to those of that code before; their sum."""
        size = float(np.linalg.norm(corners[0] - corners[2]))
        for each in self.recent(now):
            apart = np.linalg.norm(each.corners.mean(axis=0) - corners.mean(axis=0))
            if each.version == version and apart < size / 2:
                each.sum = each.sum * _FADING + signs
                each.corners, each.at = corners, now
                each.frames += 1
                return each.sum
        self.seen.append(Seen(corners, version, signs, now))
        return None
