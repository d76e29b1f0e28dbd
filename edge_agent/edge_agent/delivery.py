"""When to send something that has to be answered; time is given, nothing waits here."""

import random
from collections.abc import Callable

from edge_agent.settings import Timers

JITTER = 0.25
"""A wait is up to this share longer, so that many bays do not come at once."""
SOON = 0.2
"""Upper bound of the wait after a command, in seconds."""
FIRST_RETRY = 0.05
"""After the first ``retry`` of Odoo, in seconds: what it waits for, another call with
the same rows, is over in a moment, and the person at the bay looks on."""
LONGEST_RETRY = 5.0
"""Between attempts that Odoo answers with ``retry``; the wait doubles to this."""


class Delivery:
    """One thing in flight: a batch or a hello.

    :ivar due: when to send next; None while there is nothing to send.
    :ivar attempts: sends since it was last answered.
    """

    def __init__(
        self, timers: Timers, uniform: Callable[[float, float], float] = random.uniform
    ) -> None:
        self._timers = timers
        self._uniform = uniform
        self._retries = 0
        self.due: float | None = None
        self.attempts = 0

    def start(self, now: float) -> None:
        """Something new to send."""
        self.due, self.attempts, self._retries = now, 0, 0

    def done(self) -> None:
        """It is answered."""
        self.due, self.attempts, self._retries = None, 0, 0

    def sent(self, now: float) -> None:
        """It went out: unanswered, it goes again after 5 s, doubling to 60 s."""
        wait = self._timers.resend * 2 ** min(self.attempts, 16)
        self.attempts += 1
        self._after(now, min(wait, self._timers.resend_max))

    def not_sent(self, now: float) -> None:
        """The broker had nobody to give it to."""
        self.attempts = 0
        self.due = now + self._timers.no_subscriber

    def retry(self, now: float) -> None:
        """Odoo could not take it just now."""
        wait = FIRST_RETRY * 2 ** min(self._retries, 16)
        self._retries += 1
        self.attempts = 0
        self._after(now, min(wait, LONGEST_RETRY))

    def refused(self, now: float) -> None:
        """Only the office can mend it: ask again each minute."""
        self.attempts = 0
        self._after(now, self._timers.refused)

    def soon(self, now: float) -> None:
        """Asked for, of this bay among many."""
        if self.due is not None:
            self.due = now + self._uniform(0, SOON)

    def _after(self, now: float, wait: float) -> None:
        self.due = now + wait * self._uniform(1, 1 + JITTER)
