"""Waiting for a service to do its work, with a bound and without guessing."""

import http.client
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

POLL_SECONDS = 0.1

Check = Callable[[], bool]


def wait_until(check: Check, seconds: float, alive: Check = lambda: True) -> bool:
    """Poll until it holds; gives up at the bound, or once ``alive`` no longer holds."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not check():
        if time.monotonic() > deadline or not alive():
            return False
        pause.wait(POLL_SECONDS)
    return True


def tcp(port: int, address: str = "127.0.0.1") -> Check:
    """Somebody listens at the port."""

    def check() -> bool:
        try:
            with socket.create_connection((address, port), timeout=2):
                return True
        except OSError:
            return False

    return check


def unix(path: Path) -> Check:
    """Somebody listens at the socket."""

    def check() -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(2)
            return client.connect_ex(str(path)) == 0

    return check


def http_ok(url: str) -> Check:
    """The URL answers with a success."""

    def check() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bool(200 <= answer.status < 300)
        except (urllib.error.URLError, OSError, http.client.HTTPException):
            return False

    return check


def always() -> bool:
    """For a service that has nothing to ask: running is ready."""
    return True
