"""Debian's Chromium, at most one of it per process: two Playwrights get into each
other's way there."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # As a bay's own browser is started: it is heard before it is touched.
    "--autoplay-policy=no-user-gesture-required",
)

_running: list[Browser] = []


@contextmanager
def chromium() -> Iterator[Browser]:
    """The one that runs already, else a new one until the end of the block."""
    if _running:
        yield _running[0]
        return
    with sync_playwright() as playwright:
        _running.append(
            playwright.chromium.launch(
                executable_path=CHROMIUM, headless=True, args=list(CHROMIUM_FLAGS)
            )
        )
        try:
            yield _running[0]
        finally:
            _running.pop().close()
