"""One store of a running chain, used as its people use it: paper, kiosk, Odoo web."""

import base64
import json
import secrets
import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from workbay_deploy import story
from workbay_deploy.readiness import wait_until
from workbay_deploy.stack import Stack
from workbay_deploy.story.bay import Bay, cut_out, photograph
from workbay_deploy.story.odoo_web import OdooWeb
from workbay_deploy.story.teller import BADGE, SERVICE, SHEET, Cast

PHOTO = Path(story.__file__).with_name("photo.jpg").read_bytes()
PATIENCE = 60.0


@dataclass(frozen=True)
class WorkOrder:
    """An authorised order with one job, and its printed sheet."""

    id: int
    name: str
    job: int
    plate: str
    sheet: bytes


class Shop:
    """The store of the stack's bays; sessions and badges are kept for all tests."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._accounts = json.loads(stack.chain.logins.read_text())
        self._sessions: dict[str, OdooWeb] = {}
        self._badges: dict[str, bytes] = {}
        self._bays: dict[int, Bay] = {}

    @property
    def password(self) -> str:
        return str(self._accounts["password"])

    @cached_property
    def store(self) -> str:
        return str(self.bay(1).wait("its store", lambda view: view["store"], PATIENCE))

    def login(self, *roles: str, other_than: Collection[str] = ()) -> str:
        """Somebody of this store who has all these roles."""
        return next(
            str(person["login"])
            for person in self._accounts["logins"]
            if person["store"] == self.store
            and set(roles) <= set(person["roles"])
            and person["login"] not in other_than
        )

    def session(self, login: str) -> OdooWeb:
        if login not in self._sessions:
            chain = self.stack.chain
            self._sessions[login] = OdooWeb(
                chain.odoo_url, chain.database, login, self.password
            )
        return self._sessions[login]

    def forget_session(self, login: str) -> None:
        """The next one speaks the language that the person has chosen meanwhile."""
        self._sessions.pop(login, None)

    @property
    def advisor(self) -> OdooWeb:
        return self.session(self.login("advisor"))

    @property
    def manager(self) -> OdooWeb:
        return self.session(self.login("store_manager"))

    def bay(self, number: int) -> Bay:
        if number not in self._bays:
            chain = self.stack.chain
            self._bays[number] = Bay(
                f"Bay {number}", chain.kiosk_url(number), chain.paths.bay(number)
            )
        return self._bays[number]

    def cast(self, number: int = 1) -> Cast:
        technician = self.login("technician")
        return Cast(
            manager=self.manager,
            advisor=self.advisor,
            technician=technician,
            inspector=self.login("qc", other_than=[technician]),
            bay=self.bay(number),
        )

    def vehicle(self) -> dict[str, Any]:
        """A car that is in no store's work, and a plausible reading.

        One that never was, until many tests have taken all of the demo's.
        """
        seen = self.advisor.call("workshop.order", "search_read", [], ["vehicle_id"])
        found = self.advisor.call(
            "fleet.vehicle",
            "search_read",
            [("id", "not in", [order["vehicle_id"][0] for order in seen])],
            ["license_plate", "odometer"],
            limit=1,
            order="id",
        )
        if not found:
            return self.another_car(seen[-1]["vehicle_id"][0])
        [vehicle] = found
        return {
            "plate": vehicle["license_plate"],
            "odometer": int(vehicle["odometer"]) + 37,
        }

    def another_car(self, like: int) -> dict[str, Any]:
        """A further car of that one's model, which came to the store and left again."""
        [model] = self.advisor.call(
            "fleet.vehicle", "read", [like], ["model_id", "model_year"]
        )
        plate = f"沪Z{secrets.randbelow(100_000):05}"
        vehicle = {
            "license_plate": plate,
            "model_id": model["model_id"][0],
            "model_year": model["model_year"],
        }
        values = {"vehicle": vehicle, "partner": {"name": plate}, "odometer": 12_000}
        orders = self.advisor.call("workshop.order", "receive", values)
        self.advisor.call("workshop.order", "action_cancel", orders)
        return {"plate": plate, "odometer": 12_037}

    def receive(self) -> WorkOrder:
        """Receive a car for one job, authorise it, print its sheet."""
        vehicle = self.vehicle()
        [service] = self.advisor.call(
            "workshop.service", "search", [("code", "=", SERVICE)]
        )
        [order] = self.advisor.call(
            "workshop.order", "receive", {**vehicle, "service_ids": [service]}
        )
        self.advisor.call("workshop.order", "action_authorise", [order])
        [row] = self.advisor.call(
            "workshop.order", "read", [order], ["name", "job_ids"]
        )
        return WorkOrder(
            id=order,
            name=row["name"],
            job=row["job_ids"][0],
            plate=vehicle["plate"],
            sheet=picture(self.advisor.pdf(SHEET, order)),
        )

    def do_work(self, order: WorkOrder) -> None:
        """Have the order's job done and passed, typed in the browser."""
        technician = self.login("technician")
        inspector = self.login("qc", other_than=[technician])
        photo = base64.b64encode(PHOTO).decode()
        self.confirm(technician, order.job, "start")
        self.confirm(technician, order.job, "finish", photos=[photo])
        self.confirm(inspector, order.job, "qc_pass")

    def confirm(self, login: str, job: int, node: str, **proof: list[str]) -> None:
        self.session(login).call("workshop.job", "confirm_node", [job], node, **proof)

    def badge(self, login: str) -> bytes:
        """The person's badge as printed; a new one would revoke it."""
        if login not in self._badges:
            users = self.manager.call("res.users", "search", [("login", "=", login)])
            wizard = self.manager.call(
                "workshop.badge.issue", "create", {"user_ids": [(6, 0, users)]}
            )
            page = picture(self.manager.pdf(BADGE, wizard))
            self._badges[login] = cut_out(page)
        return self._badges[login]

    def forget_badges(self) -> None:
        """Somebody else has issued new ones."""
        self._badges.clear()

    def present(self, bay: Bay, login: str, order: WorkOrder) -> str:
        """Hold badge and sheet in front of the camera until the bay has read both.

        :return: the person's name.
        """
        person = bay.show(
            "badge.png", self.badge(login), "who is here", lambda view: view["person"]
        )
        bay.show(
            "sheet.png",
            order.sheet,
            order.name,
            lambda view: view["order"] and view["order"]["name"] == order.name,
        )
        return str(person["name"])

    def photo(self, bay: Bay) -> str:
        """Take an inspection photo; its SHA-256."""
        bay.hold_up("photo-1.jpg", PHOTO)
        sha256 = bay.photo()
        bay.put_away()
        return sha256

    def events(self, order: int) -> list[dict[str, Any]]:
        """What was confirmed on the order, as the advisor reads it, in order."""
        rows: list[dict[str, Any]] = self.advisor.call(
            "workshop.event",
            "search_read",
            [("order_id", "=", order), ("kind", "=", "node")],
            [
                *("uuid", "node", "user_id", "bay_id", "media_ids"),
                *("result", "effect", "code", "chain_index"),
            ],
            order="id",
        )
        return rows

    def order(self, order: int, *names: str) -> dict[str, Any]:
        [row] = self.advisor.call("workshop.order", "read", [order], list(names))
        return dict(row)

    def wait_for(self, what: str, found: Callable[[], Any]) -> None:
        assert wait_until(lambda: bool(found()), PATIENCE), f"waited in vain for {what}"


def picture(pdf: bytes) -> bytes:
    """The first page of a PDF, photographed."""
    with tempfile.TemporaryDirectory() as folder:
        return photograph(pdf, Path(folder))
