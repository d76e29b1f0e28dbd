"""One counter that everybody who shows or sends something waits upon."""

import time
from collections.abc import Callable
from threading import Condition


class Changes:
    """A version that grows; waiting costs nothing."""

    def __init__(self) -> None:
        self._condition = Condition()
        self._version = 1
        self._callbacks: list[Callable[[], None]] = []

    @property
    def version(self) -> int:
        return self._version

    def bump(self) -> None:
        """Something changed. Callbacks run in this thread and must not block."""
        with self._condition:
            self._version += 1
            callbacks = tuple(self._callbacks)
            self._condition.notify_all()
        for callback in callbacks:
            callback()

    def wait(self, version: int, timeout: float) -> int:
        """Wait until there is a newer version than ``version``; return the newest."""
        deadline = time.monotonic() + timeout
        with self._condition:
            while self._version <= version:
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    break
                self._condition.wait(remaining)
            return self._version

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` after each change; the result ends that."""
        with self._condition:
            self._callbacks.append(callback)

        def cancel() -> None:
            with self._condition:
                if callback in self._callbacks:
                    self._callbacks.remove(callback)

        return cancel
