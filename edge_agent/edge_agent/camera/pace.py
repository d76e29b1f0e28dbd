"""Keeping a frame rate, and ending at once when told."""

import threading
import time


class Pacer:
    """Lets ``wait`` return at most ``rate`` times a second."""

    def __init__(self, rate: float) -> None:
        self._interval = 1 / rate
        self._due = 0.0
        self._stopped = threading.Event()

    def wait(self) -> bool:
        """Wait for the next frame's turn; False when stopped."""
        now = time.monotonic()
        if self._due > now and self._stopped.wait(self._due - now):
            return False
        # A frame that came late does not make the next ones hurry.
        self._due = max(self._due, now) + self._interval
        return not self._stopped.is_set()

    def stop(self) -> None:
        self._stopped.set()
