"""One frame while it is read: what was found, what was only seen, the time left."""

from collections.abc import Callable
from dataclasses import dataclass, field

from edge_agent.scan.code import Code, Corners
from edge_agent.scan.decoders import Found
from edge_agent.scan.memory import Memory
from edge_agent.scan.views import Gray


@dataclass
class Look:
    """:ivar image: the whole frame, grey.

    :ivar ends: when no pass may begin any more, by ``clock``.
    :ivar memory: of the frames before.
    :ivar codes: read so far, each once.
    :ivar failed: corners of codes that a decoder saw and could not read.
    :ivar regions: where a code may be that nothing has read yet; None before anybody
        looked.
    """

    image: Gray
    ends: float
    clock: Callable[[], float]
    memory: Memory = field(default_factory=Memory)
    codes: list[Code] = field(default_factory=list)
    failed: list[Corners] = field(default_factory=list)
    regions: list[Corners] | None = None

    @property
    def late(self) -> bool:
        return self.clock() >= self.ends

    def take(self, found: Found) -> None:
        """Keep what is new in what a pass found."""
        codes, failed = found
        for code in codes:
            if not self.reads(*code.middle, text=code.text):
                self.codes.append(code)
        for corners in failed:
            x, y = corners.mean(axis=0)
            if not self.reads(x, y) and not self._failed_at(corners):
                self.failed.append(corners)

    def reads(self, x: float, y: float, text: str | None = None) -> bool:
        """Whether what is there was read: only this text, if one is given."""
        return any(
            (text is None or code.text == text) and code.covers(x, y)
            for code in self.codes
        )

    def open_regions(self) -> list[Corners]:
        return [
            each for each in self.regions or () if not self.reads(*each.mean(axis=0))
        ]

    def open_failures(self) -> list[Corners]:
        return [each for each in self.failed if not self.reads(*each.mean(axis=0))]

    @property
    def evident(self) -> bool:
        """Whether something is there that is almost certainly a code."""
        return bool(self.open_failures() or self.memory.recent(self.clock()))

    @property
    def settled(self) -> bool:
        """Whether nothing is left that could be a code."""
        return not self.open_failures() and not self.open_regions()

    def _failed_at(self, corners: Corners) -> bool:
        return any(abs(corners - other).max() < 4 for other in self.failed)
