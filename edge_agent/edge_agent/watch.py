"""What systemd is told: that the bay runs, and every few seconds that it still does.

The protocol is sd_notify(3): datagrams to the socket that systemd names.
"""

import os
import socket
import threading
from collections.abc import Iterable, Mapping

MOST_SECONDS = 20.0
"""Between two looks where nobody asks for any."""

THREADS = ("attendant", "camera", "kiosk", "publisher", "scanner")
"""How the names of those begin without which a bay is none."""


class Watch:
    """:param environ: holds what systemd sets for a unit that is to notify it."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._to = environ.get("NOTIFY_SOCKET", "")
        asked = environ.get("WATCHDOG_USEC", "")
        # A third of the time that it is given, so that one late look costs nothing.
        self.seconds = int(asked) / 3e6 if asked.isdigit() else MOST_SECONDS
        self._threads: tuple[threading.Thread, ...] = ()

    def ready(self) -> None:
        """Everything has started; from now on its threads have to live."""
        self._threads = tuple(_ours(threading.enumerate()))
        self._say("READY=1")

    def lives(self) -> None:
        """Say so, unless a thread has ended: then systemd starts the bay anew."""
        ended = [each.name for each in self._threads if not each.is_alive()]
        if ended:
            self._say(f"STATUS=ended: {', '.join(ended)}")
        else:
            self._say("WATCHDOG=1")

    def stopping(self) -> None:
        self._say("STOPPING=1")

    def _say(self, text: str) -> None:
        if not self._to:
            return
        # A name that begins with @ is in Linux's abstract space.
        to = f"\0{self._to[1:]}" if self._to.startswith("@") else self._to
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaker:
            speaker.sendto(text.encode(), to)


def _ours(threads: Iterable[threading.Thread]) -> Iterable[threading.Thread]:
    return (each for each in threads if each.name.startswith(THREADS))
