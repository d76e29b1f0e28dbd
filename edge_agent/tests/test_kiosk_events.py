"""The page hears of every change, and a server can end while pages are open."""

import json
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from edge_agent.camera import CameraError, CameraFeed
from edge_agent.camera.virtual import VirtualSource
from edge_agent.kiosk import KioskServer, Notices, build_app
from edge_agent.kiosk.events import Pushes
from edge_agent.kiosk.guard import allowed_hosts

from . import kiosk_bay as kb
from .kiosk_bay import KioskBay


class Page:
    """Reads one event stream in a thread."""

    def __init__(self, url: str) -> None:
        self.views: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._read, args=(url,), daemon=True)
        self._thread.start()

    def next(self) -> dict[str, Any] | None:
        """The next view; None when the stream ended."""
        return self.views.get(timeout=20)

    def until(self, seen: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """The first view in which something is seen."""
        while (view := self.next()) is not None:
            if seen(view):
                return view
        raise AssertionError("the stream ended before")

    def _read(self, url: str) -> None:
        with httpx.stream("GET", f"{url}/api/events?lang=en_US", timeout=30) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    self.views.put(json.loads(line.removeprefix("data: ")))
        self.views.put(None)


class Served:
    """A kiosk as a browser finds it."""

    def __init__(self, folder: Path, heartbeat: float = 5) -> None:
        self.world = KioskBay.within(folder)
        self.notices = Notices()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        app = build_app(
            self.world.bay,
            CameraFeed(self._no_camera),
            self.notices,
            allowed_hosts("127.0.0.1", self.port),
            typed=self.world.bay.scanned,
        )
        app.state.pushes = Pushes(self.world.bay, self.notices, heartbeat=heartbeat)
        self.server = KioskServer(app, "127.0.0.1", self.port)
        self.server.start()

    def close(self) -> None:
        self.server.stop()
        self.world.close()

    @staticmethod
    def _no_camera() -> VirtualSource:
        raise CameraError("none")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path)
    yield served
    served.close()


def test_a_change_is_pushed(served: Served) -> None:
    page = Page(served.url)
    assert page.next()
    served.world.send_board()
    page.until(lambda view: view["board"] == 1)
    served.world.come(kb.SMITH)
    page.until(lambda view: view["order"])
    served.world.bay.confirm(kb.PADS, "start")
    page.until(lambda view: view["recent"] and view["recent"][0]["result"] == "waiting")
    served.world.answer(result="accepted", effect="applied")
    page.until(lambda view: view["recent"][0]["result"] == "accepted")


def test_a_refused_scan_is_pushed(served: Served) -> None:
    page = Page(served.url)
    assert page.next()
    served.notices.scanned(served.world.bay.scanned("https://elsewhere.example/"))
    view = page.until(lambda view: view["notice"])
    assert view["notice"]["code"] == "foreign_code"


def test_without_a_change_the_page_hears_a_heartbeat(tmp_path: Path) -> None:
    served = Served(tmp_path, heartbeat=0.05)
    try:
        page = Page(served.url)
        first, second = page.next(), page.next()
        assert first
        assert second
        assert first["version"] == second["version"]
        assert first["now"] <= second["now"]
    finally:
        served.close()


def test_every_page_is_served_and_gone_pages_are_forgotten(served: Served) -> None:
    pages = [Page(served.url) for _ in range(3)]
    for page in pages:
        assert page.next()
    with httpx.stream("GET", f"{served.url}/api/events") as answer:
        next(answer.iter_lines())
    served.world.send_board()
    for page in pages:
        page.until(lambda view: view["board"] == 1)


def test_the_server_ends_at_once_although_pages_are_open(served: Served) -> None:
    page = Page(served.url)
    assert page.next()
    served.server.stop()
    while page.next() is not None:
        pass
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{served.url}/health")


def test_an_answers_body_does_not_wait_until_its_head_is_acknowledged(
    served: Served,
) -> None:
    took: list[float] = []
    address = ("127.0.0.1", served.port)
    request = f"GET /health HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n"
    with socket.create_connection(address) as client:
        # The system acknowledges at once in the beginning, and late afterwards.
        for _ in range(40):
            begun = time.monotonic()
            client.sendall(request.encode())
            answer = b""
            while b'"status"' not in answer:
                answer += client.recv(4096)
            took.append(time.monotonic() - begun)
    # Late is 40 ms; one of ten is enough, whatever else the machine does.
    assert sorted(took)[3] < 0.03


def test_a_taken_port_is_told_at_the_start(served: Served) -> None:
    app = build_app(
        served.world.bay,
        CameraFeed(Served._no_camera),
        Notices(),
        frozenset(),
        typed=served.world.bay.scanned,
    )
    with pytest.raises(OSError, match="in use"):
        KioskServer(app, "127.0.0.1", served.port).start()
