"""How much each device may send: a bucket that fills by the second."""

import time
from collections.abc import Callable


class Allowance:
    """What was sent is paid afterwards; who is in debt waits.

    :param rate: bytes per second and device, on average.
    :param burst: bytes that a device which was silent may send at once.
    """

    def __init__(
        self,
        rate: float,
        burst: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._now = now
        self._left: dict[str, tuple[float, float]] = {}

    def wait(self, device: str) -> float:
        """Seconds until the device may send again; 0: now."""
        return max(0.0, -self._level(device) / self._rate)

    def pay(self, device: str, size: int) -> None:
        self._left[device] = (self._level(device) - size, self._now())

    def _level(self, device: str) -> float:
        left, at = self._left.get(device, (self._burst, self._now()))
        return min(self._burst, left + (self._now() - at) * self._rate)
