"""The bay's clocks behind a port, with a fake that ships with the agent."""

import ctypes
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import UUID

from workbay_contract.events import EventTime

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_TIME_ERROR = 5
_FAKE_WALL = datetime(2026, 5, 1, 8, tzinfo=UTC)
_FAKE_BOOT = UUID(int=1)
_TIMEX_BYTES = 512
"""More than any architecture's ``struct timex``."""


class Clock(Protocol):
    """What a bay knows about time by itself."""

    def wall(self) -> datetime:
        """The wall clock, with its offset."""

    def mono_ms(self) -> int:
        """Milliseconds since the system's start, suspension included."""

    def boot(self) -> UUID:
        """Changes with each start of the system."""

    def synced(self) -> bool:
        """Whether the system says that its wall clock is synchronised."""


def event_time(clock: Clock) -> EventTime:
    """Now, as an event carries it."""
    return EventTime(
        wall=clock.wall(),
        synced=clock.synced(),
        boot=clock.boot(),
        mono=clock.mono_ms(),
    )


class SystemClock:
    """The clocks of a Linux system."""

    def __init__(self) -> None:
        self._boot = UUID(_BOOT_ID.read_text().strip())
        self._libc = ctypes.CDLL(None, use_errno=True)

    def wall(self) -> datetime:
        return datetime.now(UTC)

    def mono_ms(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def boot(self) -> UUID:
        return self._boot

    def synced(self) -> bool:
        # modes = 0 only reads; the result says whether the kernel is disciplined.
        state = self._libc.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
        return 0 <= int(state) < _TIME_ERROR


class FakeClock:
    """A clock that stands until somebody moves it."""

    def __init__(
        self,
        wall: datetime = _FAKE_WALL,
        boot: UUID = _FAKE_BOOT,
        synced: bool = True,
    ) -> None:
        self._wall = wall
        self._boot = boot
        self._mono_ms = 60_000
        self.is_synced = synced

    def advance(self, seconds: float) -> None:
        self._wall += timedelta(seconds=seconds)
        self._mono_ms += round(seconds * 1000)

    def wall(self) -> datetime:
        return self._wall

    def mono_ms(self) -> int:
        return self._mono_ms

    def boot(self) -> UUID:
        return self._boot

    def synced(self) -> bool:
        return self.is_synced
