"""Fixtures for what spans deployables: a whole chain, and a browser."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.chromium import chromium
from tests.support.shop import Shop
from workbay_deploy.machine import free_port as find_free_port
from workbay_deploy.stack import Stack


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
    with chromium() as running:
        yield running
