"""The last thing that a scan had to say, for whoever stands before the screen."""

import threading
import time
from collections.abc import Callable

from pydantic import Field

from edge_agent.view import ScanResult
from workbay_contract.types import Message


class Notice(Message):
    """A scan that was refused; ``number`` tells a new one from the last."""

    number: int
    code: str
    text: str
    age_ms: int = Field(description="a page that loads later need not show it")


class Notices:
    """Thread-safe; the agent reports what each scan came to, pages look."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._number = 0
        self._last: tuple[str, str, float] | None = None
        self._callbacks: set[Callable[[], None]] = set()

    def scanned(self, result: ScanResult) -> None:
        """Take a scan's result; a good one clears what was said before."""
        with self._lock:
            if result.refusal is None:
                if self._last is None:
                    return
                self._last = None
            else:
                self._number += 1
                refusal = result.refusal
                self._last = (refusal.code, refusal.text, self._clock())
            callbacks = list(self._callbacks)
        for callback in callbacks:
            callback()

    def last(self) -> Notice | None:
        with self._lock:
            if self._last is None:
                return None
            code, text, at = self._last
            age_ms = round(1000 * (self._clock() - at))
            return Notice(number=self._number, code=code, text=text, age_ms=age_ms)

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` after each change; it must not block.

        :return: ends the subscription.
        """
        with self._lock:
            self._callbacks.add(callback)

        def end() -> None:
            with self._lock:
                self._callbacks.discard(callback)

        return end
