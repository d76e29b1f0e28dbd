"""``python -m workbay_deploy.story``: run by deploy/up against the running demo."""

import json
import os
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from workbay_deploy.story.bay import Bay
from workbay_deploy.story.errors import StoryError
from workbay_deploy.story.odoo_web import OdooWeb
from workbay_deploy.story.teller import (
    Cast,
    tell_evidence,
    tell_story,
    timeline,
)

PHOTO = Path(__file__).parent / "photo.jpg"
ZONE = ZoneInfo("Asia/Shanghai")


def main() -> int:
    """Tell the story once; exit code 1 with one sentence where it stops."""
    try:
        url = _tell(os.environ)
    except StoryError as error:
        print(f"  The story stops here: {error}", file=sys.stderr)
        return 1
    print(f"\n  Look at it: {url}")
    return 0


def _tell(env: "os._Environ[str]") -> str:
    root, database, demo = (
        env["WORKBAY_ODOO_URL"],
        env["WORKBAY_DATABASE"],
        Path(env["WORKBAY_DEMO"]),
    )
    accounts = json.loads((demo / "secrets" / "demo-logins.json").read_text())
    bay_url, bay_folder = (
        env["WORKBAY_KIOSKS"].split(",")[0],
        env["WORKBAY_BAYS"].split(",")[0],
    )
    bay = Bay("Bay 1", bay_url, Path(bay_folder))
    store = bay.wait("its store", lambda view: view["store"], patience=60)
    people = [login for login in accounts["logins"] if login["store"] == store]

    def session(role: str) -> OdooWeb:
        login = _with_role(people, role)["login"]
        return OdooWeb(root, database, login, accounts["password"])

    technician = _with_role(people, "technician")
    cast = Cast(
        manager=session("store_manager"),
        advisor=session("advisor"),
        technician=technician["login"],
        inspector=_with_role(people, "qc", other_than=technician)["login"],
        bay=bay,
    )
    tell = timeline(ZONE)
    print(f"The story of one car at {store}:\n")
    order = tell_story(cast, tell, _vehicle(cast.advisor), PHOTO.read_bytes())
    tell_evidence(cast, tell, order)
    return f"{root}/odoo/work-orders/{order}"


def _with_role(
    people: list[dict[str, Any]], role: str, other_than: dict[str, Any] | None = None
) -> dict[str, Any]:
    for person in people:
        if role in person["roles"] and person != other_than:
            return person
    raise StoryError(f"Nobody of this store has the role {role}.")


def _vehicle(advisor: OdooWeb) -> dict[str, Any]:
    """A car that is not in a store's work now, and its next plausible reading."""
    busy = advisor.call(
        "workshop.order",
        "search_read",
        [("state", "in", ["draft", "open"])],
        ["vehicle_id"],
    )
    vehicles = advisor.call(
        "fleet.vehicle",
        "search_read",
        [("id", "not in", [order["vehicle_id"][0] for order in busy])],
        ["license_plate", "odometer"],
        limit=1,
        order="id",
    )
    if not vehicles:
        raise StoryError("Every car of the demo is in a store already.")
    [vehicle] = vehicles
    return {
        "plate": vehicle["license_plate"],
        "odometer": int(vehicle["odometer"]) + 37,
    }


if __name__ == "__main__":
    sys.exit(main())
