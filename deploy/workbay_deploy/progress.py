"""Says what is being done, for how long, and how it ended."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

BEAT = 1.0
QUIET_BEATS = 15  # without a terminal, a line each quarter of a minute


class Progress:
    """One line a step; on a terminal the line counts the seconds."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._detail = ""

    @classmethod
    def aside(cls) -> "Progress":
        """On standard error, where standard output belongs to somebody else."""
        return cls(sys.stderr)

    def say(self, text: str = "") -> None:
        print(text, file=self._stream, flush=True)

    def detail(self, text: str) -> None:
        """What the running step is at; shown behind its seconds."""
        self._detail = text.strip()

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        started = time.monotonic()
        done = threading.Event()
        self._detail = ""
        if not self._live:
            self.say(f"  {title} …")
        ticker = threading.Thread(
            target=self._tick, args=(title, started, done), daemon=True
        )
        ticker.start()
        ending = "failed"
        try:
            yield
            ending = "ok"
        finally:
            done.set()
            ticker.join()
            seconds = time.monotonic() - started
            mark = "✓" if ending == "ok" else "✗"
            clear = "\r\x1b[K" if self._live else ""
            self.say(f"{clear}{mark} {title}  {seconds:.1f} s")

    def _tick(self, title: str, started: float, done: threading.Event) -> None:
        beats = 0
        while not done.wait(BEAT):
            beats += 1
            seconds = time.monotonic() - started
            if self._live:
                line = f"  {title}  {seconds:.0f} s  {self._detail}"
                self._stream.write(f"\r\x1b[K{line[:110]}")
                self._stream.flush()
            elif beats % QUIET_BEATS == 0:
                self.say(f"    {title}: {seconds:.0f} s  {self._detail}"[:110])
