"""Odoo's clock as known at the bay: its last word plus the monotonic time since."""

from edge_agent.clock import Clock
from workbay_contract.clock import corrected, wall_ms
from workbay_contract.events import EventTime


class ServerTime:
    """Paired by every signed answer; one attribute, so safe from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset: int | None = None

    def pair(self, server_ms: int, mono_ms: int) -> None:
        """Odoo's clock stood at ``server_ms`` when ours did at ``mono_ms``."""
        self._offset = server_ms - mono_ms

    def known(self) -> int | None:
        """Milliseconds since 1970; None until Odoo was met in this run."""
        if self._offset is None:
            return None
        return self._clock.mono_ms() + self._offset

    def best(self) -> int:
        """Odoo's time, or the wall clock's while it is not known."""
        known = self.known()
        return wall_ms(self._clock.wall()) if known is None else known

    def judged(self, heard: int) -> int:
        """What the days of certificates are judged by: never before Odoo's last word.

        :param heard: when Odoo last said something, as its board tells.
        """
        known = self.known()
        return max(heard, self.best()) if known is None else known

    def trusted(self) -> int | None:
        """Like ``best``, but None where the wall clock is not synchronised either."""
        if self._offset is None and not self._clock.synced():
            return None
        return self.best()

    def of(self, time: EventTime) -> int:
        """When one of our events happened, as Odoo will correct it."""
        offset = self._offset if time.boot == self._clock.boot() else None
        return corrected(time, offset, received=self.best()).at
