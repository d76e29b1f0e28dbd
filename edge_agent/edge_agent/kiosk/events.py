"""Pushing the view to pages whenever it changes (server-sent events)."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from typing import Protocol

from starlette.concurrency import run_in_threadpool

HEARTBEAT_SECONDS = 5.0
GATHER_SECONDS = 0.02
"""So long after a change, so that the answer to a tap goes first, and what belongs to
one change is rendered once."""


class Changing(Protocol):
    """Calls back after each change until the subscription is ended."""

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]: ...


class Pushes:
    """The event streams of all open pages, which would hold up a server's end."""

    def __init__(
        self, *sources: Changing, heartbeat: float = HEARTBEAT_SECONDS
    ) -> None:
        self._sources = sources
        self._heartbeat = heartbeat
        self._lock = threading.Lock()
        self._wakers: set[Callable[[], None]] = set()
        self._ended = False

    def end(self) -> None:
        """Let every stream run out; from any thread."""
        with self._lock:
            self._ended = True
            wakers = list(self._wakers)
        for wake in wakers:
            wake()

    async def stream(self, render: Callable[[], str]) -> AsyncIterator[str]:
        """What ``render`` gives now and after each change, as events for one page.

        Changes that come while one is sent are sent as one. Without any it is sent at
        each heartbeat, so that the page knows that the agent lives and what time it is.
        """
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()

        def wake() -> None:  # from whichever thread made the change
            loop.call_soon_threadsafe(changed.set)

        with ExitStack() as stack:
            stack.callback(self._forget, wake)
            with self._lock:
                self._wakers.add(wake)
            for source in self._sources:
                stack.callback(source.subscribe(wake))
            while not self._ended:
                changed.clear()
                yield f"event: view\ndata: {await run_in_threadpool(render)}\n\n"
                try:
                    await asyncio.wait_for(changed.wait(), self._heartbeat)
                except TimeoutError:
                    continue
                await asyncio.sleep(GATHER_SECONDS)

    def _forget(self, wake: Callable[[], None]) -> None:
        with self._lock:
            self._wakers.discard(wake)
