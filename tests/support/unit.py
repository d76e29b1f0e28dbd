"""A bay unit fresh from its box: camera, screen, and nobody's device."""

import base64
import dataclasses
import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.support.shop import PATIENCE, Shop
from workbay_deploy import services
from workbay_deploy.machine import free_port
from workbay_deploy.services import Service
from workbay_deploy.stack import Stack
from workbay_deploy.story.bay import Bay

# Each is fresh from its box: none finds another one's folder.
_numbers = itertools.count(1)


class BayUnit:
    """The process of one more agent, and what is held up to its camera."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        ports = stack.chain.ports
        chain = dataclasses.replace(
            stack.chain,
            ports=dataclasses.replace(
                ports,
                bays=(*ports.bays, *(free_port() for _ in range(next(_numbers)))),
            ),
        )
        self.number = len(chain.ports.bays)
        self.folder: Path = chain.paths.bay(self.number)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.url = chain.kiosk_url(self.number)
        self.service: Service = services.bay(chain, self.number)
        self.bay = Bay("the new unit", self.url, self.folder)

    def start(self) -> None:
        self._stack.launch(self.service)

    def hold_up(self, picture: bytes) -> None:
        self.bay.hold_up("code.png", picture)

    def screen(self) -> dict[str, Any]:
        """What an unenrolled unit shows; empty while it is a bay or starts."""
        try:
            answer = httpx.get(f"{self.url}/api/enrolment", timeout=5)
        except httpx.TransportError:
            return {}
        return dict(answer.json()) if answer.status_code == 200 else {}

    def view(self) -> dict[str, Any]:
        """What a bay shows; empty while it is none or starts."""
        try:
            answer = httpx.get(f"{self.url}/api/view?lang=en_US", timeout=5)
        except httpx.TransportError:
            return {}
        return dict(answer.json()) if answer.status_code == 200 else {}

    def wait(
        self,
        what: str,
        look: Callable[[], dict[str, Any]],
        seen: Callable[[dict[str, Any]], Any],
        patience: float = PATIENCE,
    ) -> dict[str, Any]:
        deadline = time.monotonic() + patience
        while True:
            shown = look()
            if shown and seen(shown):
                return shown
            assert time.monotonic() < deadline, f"waited in vain for {what}: {shown}"
            time.sleep(0.05)

    def wait_online(self, patience: float = PATIENCE) -> dict[str, Any]:
        return self.wait(
            "it to work as a bay",
            self.view,
            lambda view: view["connection"] == "online" and view["board"],
            patience,
        )

    @property
    def device(self) -> str:
        values = json.loads((self.folder / "device.json").read_text())
        return str(values["device"])


def make_code(shop: Shop, bay: int) -> bytes:
    """The code as the store manager's screen shows it."""
    wizard = shop.manager.call("workshop.bay.enrol", "create", {"bay_id": bay})
    action = shop.manager.call("workshop.bay.enrol", "action_show", [wizard])
    return base64.b64decode(action["context"]["default_qr"])


def bay_by_code(shop: Shop, code: str) -> int:
    [bay] = shop.manager.call(
        "workshop.bay",
        "search",
        [("code", "=", code), ("company_id", "=", shop.store)],
    )
    return int(bay)
