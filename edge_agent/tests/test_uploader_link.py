"""The uploader beside a publisher whose real broker goes and comes back."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_agent import errands
from edge_agent import uploader as uploads
from edge_agent.errands import LONGEST_WAIT
from edge_agent.media import FOLDER, MEGABYTE, MediaStore
from edge_agent.outbox import FILE, Outbox
from edge_agent.publisher import Publisher
from edge_agent.settings import Timers
from edge_agent.uploader import Uploader

from .authority import Authority
from .broker import free_port
from .broker import running as running_broker
from .odoo_side import PATIENCE, OdooSide
from .test_media import name_in_event, photo
from .test_uploader import running as running_bridge

QUICK = Timers(resend=0.4, resend_max=2, reconnect=0.1, reconnect_max=0.5)


def _wait(what: str, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_a_photo_goes_as_soon_as_the_link_returns_however_long_it_was_away(
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # As after a long outage: whoever is waited for now is waited for five minutes.
    monkeypatch.setattr(errands, "FIRST_WAIT", LONGEST_WAIT)
    caplog.set_level(logging.INFO, uploads.__name__)
    port = free_port()
    url = f"https://localhost:{port}"
    with running_broker(tmp_path / "broker", authority) as broker:
        bay = authority.enrol(tmp_path / "bay", "dev-00000001", [broker.port], url)
        who = authority.enrol(tmp_path / "bridge", "bridge-00000", [1])
        odoo = OdooSide(who, bay, broker.port, authority.odoo, accepting=True)
        outbox = Outbox(bay.folder / FILE, bay)
        store = MediaStore(bay.folder / FOLDER, outbox, 16 * MEGABYTE, 0)
        publisher = Publisher(
            bay, outbox, timers=QUICK, on_online=lambda: uploader.linked()
        )
        uploader = Uploader(bay, outbox, store, publisher.server_time)
        publisher.start()
        uploader.start()
        try:
            _wait("online", lambda: publisher.connection == "online")
            name_in_event(outbox, bay, store.keep(photo()))
            _wait("a try in vain", lambda: "Upload waits" in caplog.text)
            broker.kill()
            _wait("offline", lambda: publisher.connection != "online")
            with running_bridge(authority, port) as bridge:
                assert list(outbox.media.known().values()) == ["ready"]
                broker.start()
                _wait(
                    "uploaded",
                    lambda: list(outbox.media.known().values()) == ["uploaded"],
                )
                assert len(bridge.bodies()) == 1
        finally:
            uploader.stop()
            publisher.stop()
            odoo.close()
            outbox.close()
