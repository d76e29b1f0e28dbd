"""The steps of the story, in order, each told when it has happened."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from workbay_deploy.story.bay import Bay, cut_out, photograph
from workbay_deploy.story.errors import StoryError
from workbay_deploy.story.odoo_web import OdooWeb

SHEET = "workshop_order.report_sheet"
BADGE = "workshop_chain.report_badge_issue"
SERVICE = "OIL-FS"

Tell = Callable[[str, str], None]


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who takes part: all of one store."""

    manager: OdooWeb
    advisor: OdooWeb
    technician: str
    inspector: str
    bay: Bay


def timeline(zone: ZoneInfo) -> Tell:
    """Tell each step on one line: when, who, what."""

    def tell(who: str, what: str) -> None:
        print(f"  {datetime.now(zone):%H:%M:%S}  {who:<22} {what}", flush=True)

    return tell


def tell_story(cast: Cast, tell: Tell, vehicle: dict[str, Any], photo: bytes) -> int:
    """One car, from reception to its release by quality control.

    :param vehicle: ``plate`` and ``odometer`` of a car that the store knows.
    :param photo: JPEG of what the camera sees when the technician takes his photo.
    :return: the id of the work order.
    """
    advisor = cast.advisor
    order = _receive(cast, vehicle)
    name = order["name"]
    tell(advisor.name, f"receives {vehicle['plate']} and opens {name}")
    advisor.call("workshop.order", "action_authorise", [order["id"]])
    tell(advisor.name, f"authorises {', '.join(_job_names(advisor, order))}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        sheet = photograph(advisor.pdf(SHEET, order["id"]), folder)
        tell(advisor.name, "prints the sheet with its QR code")
        badges = {
            login: cut_out(photograph(_badge(cast.manager, login), folder))
            for login in (cast.technician, cast.inspector)
        }
        tell(cast.manager.name, "prints two badges")
    job = order["job_ids"][0]
    worker = _present(cast, tell, badges[cast.technician], sheet, name)
    _confirm(cast, tell, worker, job, "start")
    cast.bay.hold_up("photo-1.jpg", photo)
    cast.bay.photo()
    tell(worker, f"takes a photo at {cast.bay.name}")
    _confirm(cast, tell, worker, job, "finish")
    cast.bay.leave()
    inspector = _present(cast, tell, badges[cast.inspector], sheet, name)
    cast.bay.wait("that the photo has come", lambda view: _may(view, job, "qc_pass"))
    tell("Odoo", "has verified the photo: “qc_pass” may follow")
    _confirm(cast, tell, inspector, job, "qc_pass")
    cast.bay.leave()
    cast.bay.put_away()
    return int(order["id"])


def tell_evidence(cast: Cast, tell: Tell, order: int) -> None:
    """What Odoo now shows of it, and that its chain holds.

    :raises StoryError: the photo is missing or the chain is broken.
    """
    events = cast.advisor.call(
        "workshop.event",
        "search_read",
        [("order_id", "=", order), ("kind", "=", "node")],
        ["occurred_at", "node", "user_id", "bay_id", "media_ids", "effect"],
        order="chain_index",
    )
    for event in events:
        at = datetime.fromisoformat(event["occurred_at"]).replace(tzinfo=UTC)
        shown = f"{event['node']} by {event['user_id'][1]} at {event['bay_id'][1]}"
        photos = f", {len(event['media_ids'])} photo" if event["media_ids"] else ""
        tell("Odoo", f"{at:%H:%M:%S}Z {shown}{photos} ({event['effect']})")
    if [event["effect"] for event in events] != ["applied"] * 3:
        raise StoryError(f"Odoo did not apply the three nodes: {events}")


def _receive(cast: Cast, vehicle: dict[str, Any]) -> dict[str, Any]:
    [service] = cast.advisor.call(
        "workshop.service", "search_read", [("code", "=", SERVICE)], ["id"]
    )
    received = cast.advisor.call(
        "workshop.order",
        "receive",
        {
            "plate": vehicle["plate"],
            "odometer": vehicle["odometer"],
            "complaint": "保养到期，机油灯亮 / Service due, oil lamp is on",
            "service_ids": [service["id"]],
        },
    )
    record = received[0] if isinstance(received, list) else received
    [order] = cast.advisor.call(
        "workshop.order", "read", [record], ["id", "name", "job_ids"]
    )
    return dict(order)


def _job_names(advisor: OdooWeb, order: dict[str, Any]) -> list[str]:
    jobs = advisor.call("workshop.job", "read", order["job_ids"], ["display_name"])
    return [job["display_name"] for job in jobs]


def _badge(manager: OdooWeb, login: str) -> bytes:
    [user] = manager.call("res.users", "search_read", [("login", "=", login)], ["id"])
    wizard = manager.call(
        "workshop.badge.issue", "create", {"user_ids": [(6, 0, [user["id"]])]}
    )
    return manager.pdf(BADGE, wizard)


def _present(cast: Cast, tell: Tell, badge: bytes, sheet: bytes, order: str) -> str:
    """Hold badge and sheet in front of the camera until the bay has read both."""
    bay = cast.bay
    person = bay.show("badge.png", badge, "who is here", lambda view: view["person"])
    tell(person["name"], f"shows the badge to the camera of {bay.name}")
    bay.show(
        "sheet.png",
        sheet,
        order,
        lambda view: view["order"] and view["order"]["name"] == order,
    )
    tell(person["name"], f"shows the sheet: {order} is up")
    return str(person["name"])


def _may(view: dict[str, Any], job: int, node: str) -> bool:
    """Whether the screen lets a node of a job be confirmed as it stands."""
    return any(
        each["may"]
        for row in view["order"]["jobs"]
        if row["id"] == job
        for each in row["nodes"]
        if each["code"] == node
    )


def _confirm(cast: Cast, tell: Tell, who: str, job: int, node: str) -> None:
    seq = cast.bay.confirm(job, node)
    tell(who, f"taps “{node}”: recorded at the bay as event {seq}")
    row = cast.bay.outcome(seq)
    tell("Odoo", f"answers event {seq}: {row['result']}")
