"""Fixtures for what spans deployables: a whole chain, and a browser."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.shop import Shop
from workbay_deploy.machine import free_port as find_free_port
from workbay_deploy.stack import Stack

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens at."""
    return find_free_port()


@pytest.fixture(scope="session")
def runtime() -> Path:
    """The runtime folder: caches, installed software, the tests' databases."""
    return Path(os.environ["WORKBAY_RUNTIME"])


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """One running chain with two bays; who stops a service of it starts it again."""
    assert "WORKBAY_TEST_TEMPLATE" in os.environ, "run this by deploy/test"
    with Stack.from_environment(bays=2) as running:
        yield running


@pytest.fixture(scope="session")
def shop(stack: Stack) -> Shop:
    """The store that the stack's bays stand in."""
    return Shop(stack)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; a test opens its own context and page."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=list(CHROMIUM_FLAGS)
        )
        yield running
        running.close()
