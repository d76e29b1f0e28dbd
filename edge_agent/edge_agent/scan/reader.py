"""Reading codes from one frame within a time budget."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from edge_agent.camera.source import as_frame
from edge_agent.scan import passes, views
from edge_agent.scan.code import Code
from edge_agent.scan.look import Look
from edge_agent.scan.memory import Memory
from edge_agent.scan.passes import Pass

BUDGET_SECONDS = 0.12
"""No pass begins after it; the longest takes less than twice as long again."""

MAX_SIDE = 1600
"""A larger frame is shrunk: with more pixels no pass keeps to its time."""

MIN_SIDE = 32


class Reader:
    """zxing-cpp first; what it cannot read or does not see is looked at again.

    :param clock: seconds, monotonic.
    :param max_side: pixels to which a larger frame is shrunk. More than ``MAX_SIDE`` is
        for photographs with time: they are looked at in several sizes.
    """

    def __init__(
        self,
        budget: float = BUDGET_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        order: Sequence[Pass] = passes.ORDER,
        max_side: int = MAX_SIDE,
    ) -> None:
        self._budget = budget
        self._clock = clock
        self._order = order
        self._max_side = max_side

    def read(
        self,
        frame: Any,
        *,
        thorough: bool = True,
        suspicious: bool = True,
        labels: bool = False,
        memory: Memory | None = None,
    ) -> list[Code]:
        """The codes in ``frame``; nothing when it is none.

        :param thorough: False looks once, for a scene in which nothing happens.
        :param suspicious: False leaves out ``passes.ON_SUSPICION`` while no decoder
            sees anything of a code: for a scene in which much moves all the time.
        :param labels: look for barcodes and DataMatrix too.
        :param memory: of the frames before, by the same clock; none for a photograph.
        """
        image = as_frame(frame)
        if image is None or min(image.shape[:2]) < MIN_SIDE:
            return []
        grey = views.gray(views.thinned(image, 2 * self._max_side))
        kept = max(grey.shape) / max(image.shape)
        ends = self._clock() + self._budget
        codes: list[Code] = []
        for factor in self._factors(max(grey.shape)):
            level = views.scaled(grey, factor) if factor < 1 else grey
            look = Look(level, ends, self._clock, memory or Memory())
            look.codes = [code.scaled(factor) for code in codes]
            if labels:
                passes.labels(look)
            self._look(look, thorough, suspicious, labels)
            codes = [code.scaled(1 / factor) for code in look.codes]
            if look.late or not thorough:
                break
        return [code.scaled(1 / kept) for code in codes] if kept < 1 else codes

    def _look(self, look: Look, thorough: bool, suspicious: bool, labels: bool) -> None:
        for number, each in enumerate(self._order if thorough else self._order[:1]):
            if suspicious or each not in passes.ON_SUSPICION or look.evident:
                each(look)
            if labels and thorough and suspicious and not number:
                passes.label_regions(look)
            if look.late or look.settled:
                break

    def _factors(self, longest: int) -> list[float]:
        """Sizes at which a frame is looked at: one, but for large photographs."""
        first = min(1.0, MAX_SIDE / longest)
        others = (
            [self._max_side / longest, first / 2] if self._max_side > MAX_SIDE else []
        )
        return [first] + [
            min(1.0, each)
            for each in others
            if abs(min(1.0, each) - first) > 0.1 * first
        ]
