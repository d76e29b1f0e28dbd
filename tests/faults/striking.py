"""Have people tap until a fault has struck, and count what waited meanwhile."""

import signal
import time
from collections.abc import Callable, Sequence

from tests.faults.bays import Bay
from tests.faults.endings import in_flight, send
from tests.faults.run import Run
from tests.faults.schedule import Effect
from workbay_deploy.readiness import wait_until

LOOK_SECONDS = 0.05
CALL_SECONDS = 3.0
STRIKE_SECONDS = 12.0
"""Longer than what else befalls the chain keeps everything from moving, mostly."""


def strike(
    run: Run,
    seen: str,
    has_struck: Callable[[], object],
    seconds: float = STRIKE_SECONDS,
    *,
    taps: int = 2,
    every: float = 0.2,
    provoke: Callable[[], object] = lambda: None,
) -> Effect | None:
    """Tap at every bay until it has struck, or the time is over.

    :param seen: what is observed when it strikes.
    :param taps: at each bay, ``every`` so many seconds, and then ``provoke``.
    :return: with the most events that waited from the first tap on.
    """
    deadline, waiting = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        run.load_all(taps)
        provoke()
        until = time.monotonic() + every
        while True:
            struck = has_struck()
            waiting = max(waiting, run.waiting())
            if struck:
                return Effect(seen, waiting)
            if time.monotonic() >= until:
                break
            time.sleep(LOOK_SECONDS)
    return None


def disturbed(bay: Bay, taps: int, seconds: float) -> int:
    """Let a bay work in its trouble.

    :return: the most events that waited.
    """
    waiting = bay.waiting
    bay.tap(taps)
    time.sleep(seconds)
    return max(waiting, bay.waiting)


def pause_service(run: Run, name: str, seconds: float) -> Effect:
    """One of ours stands still while people tap."""
    run.stack.pause(name)
    run.load_all(3)
    time.sleep(seconds)
    waiting = run.waiting()
    run.stack.resume(name)
    return Effect("stood still with events waiting", waiting)


def pause_processes(
    run: Run, pids: Sequence[int], seconds: float, seen: str
) -> Effect | None:
    """Some of Odoo's or PostgreSQL's stand still: calls that they are at with them."""
    for pid in pids:
        send(pid, signal.SIGSTOP)
    run.load_all(3)
    time.sleep(seconds)
    held = wait_until(lambda: in_flight(run) > 0, CALL_SECONDS)
    waiting = run.waiting()
    for pid in pids:
        send(pid, signal.SIGCONT)
    return Effect(seen, waiting) if held else None
