"""How much a scene may cost in which something moves and nothing is a code."""

import time
from collections.abc import Callable

SHARE = 0.03
"""Of one core, on average, for searching what only looks as if it could hold a code."""

SAVED_SECONDS = 2.0
"""Of a core's time that a quiet bay saves up: whoever steps up to it and holds a hard
code out is looked at as hard as can be for at least so long."""


class Effort:
    """A purse of processor time that fills steadily and is spent on suspicion.

    What a decoder has seen and could not read is no suspicion and costs nothing of it,
    nor does a frame in which something was read.

    :param clock: seconds, monotonic.
    :param work: seconds of processor time of the calling thread.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        work: Callable[[], float] = time.thread_time,
        share: float = SHARE,
        saved: float = SAVED_SECONDS,
    ) -> None:
        self._clock = clock
        self._work = work
        self._share = share
        self._most = saved
        self._purse = saved
        self._at = clock()
        self._begun = 0.0

    def affords(self) -> bool:
        """Whether there is anything left; the one frame may cost more than that."""
        now = self._clock()
        self._purse = min(self._most, self._purse + (now - self._at) * self._share)
        self._at = now
        return self._purse > 0

    def begin(self) -> None:
        """A search on suspicion begins in this thread."""
        self._begun = self._work()

    def end(self, read: bool) -> None:
        """:param read: whether there was a code."""
        if not read:
            self._purse -= self._work() - self._begun
