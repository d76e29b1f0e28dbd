"""What a node drawn by HQ asks for, filled in at the screen by whoever did the work."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Screen, sign
from tests.support.shop import Shop
from workbay_deploy.story.odoo_web import OdooWeb

HQ = "chen.guoqiang@workbay.example"
SERVICE = "BATTERY"
TABLET = {"width": 1024, "height": 768}


@pytest.fixture
def lang() -> str:
    """A release is made once; its words are tested elsewhere."""
    return "en_US"


def test_checklist_measurement_and_signature(
    at_desk: Callable[[str], Screen], shop: Shop, english: frozenset[str]
) -> None:
    _release_handover(shop.session(HQ))
    order, job = _receive(shop)
    screen = at_desk(shop.login("technician"))
    page = screen.page
    page.set_viewport_size(TABLET)
    screen.open(f"/odoo/floor-jobs/{job}", ".o_field_workshop_nodes")
    _node(page, "开工").click()
    _node(page, "Hand over").click()
    dialog = page.locator(".modal", has=page.locator("[name=item_ids]"))
    expect(dialog.locator("[name=signed_by]")).to_have_text("Customer")
    rows = dialog.locator("[name=item_ids] .o_data_row")
    _cell(rows, "Nuts tightened", "is_done").click()
    _cell(rows, "Nuts tightened", "is_done").locator("input").check()
    _measure(rows, "1.2")
    sign(page, dialog.locator("[name=signature] .o_signature"))
    dialog.locator("button[name=action_confirm]").click()
    refused = page.locator(".modal", has_text="is outside")
    expect(refused).to_contain_text("≥ 1.6")
    refused.locator(".modal-footer .btn-primary").click()

    # Nothing of what was entered is lost.
    _measure(rows, "2.4")
    confirm = dialog.locator("button[name=action_confirm]")
    expect(confirm).to_be_in_viewport()
    screen.errors.clear()  # the refusal is the server's answer
    screen.check("node-demands", english)
    confirm.click()
    expect(dialog).to_have_count(0)
    # His clock stands still again, for whoever comes after.
    technician = shop.session(shop.login("technician"))
    technician.call("workshop.job", "confirm_node", [job], "finish")

    [_start, event, _finish] = shop.events(order)
    assert (event["node"], event["effect"]) == ("hand", "applied")
    [row] = shop.advisor.call(
        "workshop.event", "search_read", [("uuid", "=", event["uuid"])], ["raw"]
    )
    said = json.loads(row["raw"])
    assert {item["code"]: item.get("value") for item in said["ticks"]} == {
        "nuts": None,
        "depth": "2.4",
    }
    assert said["signature"]


def _release_handover(hq: OdooWeb) -> None:
    """Have one service go by a process in which the customer signs what he gets."""

    def ids(model: str, code: str) -> list[int]:
        return list(hq.call(model, "search", [("code", "=", code)]))

    def node(code: str, name: str, role: str, **vals: Any) -> list[Any]:
        roles = [(6, 0, ids("workshop.role", role))]
        return [0, 0, {"code": code, "name": name, "role_ids": roles, **vals}]

    checks = [
        {"code": "nuts", "name": "Nuts tightened", "kind": "tick"},
        {
            **{"code": "depth", "name": "Tread depth", "kind": "value", "unit": "mm"},
            **{"limit_kind": "at_least", "limit_min": 1.6},
        },
    ]
    nodes = [
        node("start", "开工", "technician", is_initial=True, clock="start"),
        node(
            *("hand", "Hand over", "technician"),
            signature="customer",
            check_ids=[(0, 0, check) for check in checks],
        ),
        node("finish", "完工", "technician", clock="stop", state="done"),
        node("pass", "验收", "qc", state="qc_passed"),
    ]
    process = hq.call(
        "workshop.process",
        "create",
        {"code": "handover", "name": "With handover", "node_ids": nodes},
    )
    made = hq.call(
        "workshop.process.node",
        "search",
        [("process_id", "=", process)],
        order="id",
    )
    for before, after in zip(made, made[1:], strict=False):
        hq.call("workshop.process.node", "write", [before], {"next_ids": [(4, after)]})
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
    release = hq.call(
        "workshop.release", "create", {"name": "Handover", "effective_on": today}
    )
    versions = hq.call(
        "workshop.service.version",
        "search",
        [("release_id", "=", release), ("service_id.code", "=", SERVICE)],
    )
    hq.call("workshop.service.version", "write", versions, {"process_id": process})
    hq.call("workshop.release", "action_release", [release])


def _receive(shop: Shop) -> tuple[int, int]:
    """An authorised order of that service, and its job."""
    services = shop.advisor.call("workshop.service", "search", [("code", "=", SERVICE)])
    vals = {**shop.vehicle(), "service_ids": services}
    [order] = shop.advisor.call("workshop.order", "receive", vals)
    shop.advisor.call("workshop.order", "action_authorise", [order])
    return order, shop.order(order, "job_ids")["job_ids"][0]


def _node(page: Page, name: str) -> Locator:
    return page.locator(f".o_field_workshop_nodes button:has-text('{name}')")


def _cell(rows: Locator, what: str, name: str) -> Locator:
    return rows.filter(has_text=what).locator(f"td[name={name}]")


def _measure(rows: Locator, value: str) -> None:
    cell = _cell(rows, "Tread depth", "value")
    cell.click()
    cell.locator("input").fill(value)
