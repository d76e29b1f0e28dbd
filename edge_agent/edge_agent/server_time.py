"""Odoo's clock as known at the bay: its last word plus the monotonic time since."""

import logging
from pathlib import Path

from edge_agent import files
from edge_agent.clock import Clock
from edge_agent.tls import Now
from workbay_contract.clock import corrected, wall_ms
from workbay_contract.events import EventTime

FILE = "server-time"
KEEP_MS = 10 * 60 * 1000
"""How far the time on the disk may be behind."""

_logger = logging.getLogger(__name__)


class ServerTime:
    """Paired by every signed answer; one attribute, so safe from any thread.

    :param file: keeps the last time known over restarts; None: not kept.
    """

    def __init__(self, clock: Clock, file: Path | None = None) -> None:
        self._clock = clock
        self._offset: int | None = None
        self._file = file
        self._kept = _read(file)

    def pair(self, server_ms: int, mono_ms: int) -> None:
        """Odoo's clock stood at ``server_ms`` when ours did at ``mono_ms``."""
        self._offset = server_ms - mono_ms
        if self._file and not 0 <= server_ms - (self._kept or 0) < KEEP_MS:
            self._kept = server_ms
            try:
                keep(self._file, server_ms)
            except OSError as error:  # a full disk must not end the conversation
                _logger.warning("The time could not be kept: %s", error)

    @property
    def offset(self) -> int | None:
        """Odoo's milliseconds since 1970 less our monotonic ones; None: not met yet."""
        return self._offset

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

    def now(self) -> Now:
        """What certificates are judged by: never a clock that nobody has set."""
        trusted = self.trusted()
        if trusted is not None and trusted >= (self._kept or 0):
            return Now(trusted, trusted)
        if self.known() is not None:
            return Now(trusted, trusted)
        return Now(self._kept, None)

    def of(self, time: EventTime) -> int:
        """When one of our events happened, as Odoo will correct it."""
        offset = self._offset if time.boot == self._clock.boot() else None
        return corrected(time, offset, received=self.best()).at


def keep(file: Path, server_ms: int) -> None:
    """Write the time down, for the next start of a bay whose clock is wrong."""
    files.write(file, str(server_ms).encode())


def _read(file: Path | None) -> int | None:
    try:
        return int(file.read_text()) if file else None
    except (OSError, ValueError):
        return None
