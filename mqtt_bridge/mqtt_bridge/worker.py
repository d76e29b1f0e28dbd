"""A thread that repeats one step until it is told to stop."""

import logging
import threading
from collections.abc import Callable

_logger = logging.getLogger(__name__)


class Worker:
    """Runs ``step(stop)`` again and again; a fault of ours does not end the thread."""

    def __init__(self, name: str, step: Callable[[threading.Event], None]) -> None:
        self._step = step
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """:return: whether the step under way came to its end in time."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def signal(self) -> None:
        """Ask it to stop without waiting for it."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._step(self._stop)
            except Exception:
                _logger.exception("Thread %s failed and goes on", self._thread.name)
                self._stop.wait(1)
