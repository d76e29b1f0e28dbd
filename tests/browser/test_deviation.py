"""A value outside its limits, dealt with at the desk; the job is finished with it."""

import base64
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Screen, sign
from tests.support.shop import PHOTO, Shop, WorkOrder

AtDesk = Callable[[str], Screen]
English = frozenset[str]
WORDS = {
    "job": ("A further job mends it", "由另一项目修复"),
    "refuse": ("The customer refuses", "客户书面拒绝维修"),
    "wash": ("Wash", "精洗"),
}


@dataclass(frozen=True)
class Outside:
    """A job that waits because one of its values is outside its limits."""

    order: WorkOrder
    technician: str
    steps: list[dict[str, object]]


@pytest.fixture
def outside(shop: Shop) -> Outside:
    """A technician has measured, found it wrong, and left the rest to the desk."""
    order, technician = shop.receive(), shop.login("technician")
    person = shop.session(technician)
    person.call("workshop.job", "confirm_node", [order.job], "start")
    rows = shop.advisor.call(
        "workshop.service.step",
        "search_read",
        [("version_id", "=", version(shop, order))],
        ["limit_max"],
    )
    # The filter's torque of 22 N·m at most; the plug's of 32 is kept.
    said = {22: "99", 32: "30"}
    steps: list[dict[str, object]] = [
        {"step": row["id"], "value": said.get(row["limit_max"])} for row in rows
    ]
    person.call(
        *("workshop.job", "confirm_node", [order.job], "pause"),
        reason="approval",
        checks=steps,
    )
    return Outside(order, technician, steps)


def version(shop: Shop, order: WorkOrder) -> int:
    [job] = shop.advisor.call("workshop.job", "read", [order.job], ["version_id"])
    return int(job["version_id"][0])


def test_a_further_job_mends_it(
    at_desk: AtDesk, shop: Shop, outside: Outside, english: English, lang: str
) -> None:
    screen = at_desk(shop.login("advisor"))
    page, dialog = deal(screen, outside)
    option(dialog, "way", word("job", lang)).click()
    # Neither a job nor a service is chosen yet.
    dialog.locator("button[name=action_settle]").click()
    refused = page.locator(".modal").last
    expect(page.locator(".modal")).to_have_count(2)
    screen.errors.clear()  # the refusal is the server's answer
    screen.check("deviation-job-refused", english)
    refused.locator(".modal-footer .btn-primary").click()
    dialog.locator("[name=service_id] input").fill(word("wash", lang))
    page.locator(
        ".o-autocomplete--dropdown-item", has_text=word("wash", lang)
    ).first.click()
    dialog.locator("[name=note] textarea").fill("与车主电话商定")
    screen.check("deviation-job", english)
    dialog.locator("button[name=action_settle]").click()
    expect(page.locator(".modal")).to_have_count(0)
    expect(page.locator(".alert-warning", has_text="99")).to_have_count(0)
    screen.check("deviation-job-settled", english)
    screen.open(f"/odoo/work-orders/{outside.order.id}", ".o_workshop_timeline")
    expect(page.locator("[name=job_ids] .o_data_row")).to_have_count(2)
    screen.check("deviation-job-order", english)
    finish(shop, outside)


def test_the_customer_refuses_the_repair_in_writing(
    at_desk: AtDesk, shop: Shop, outside: Outside, english: English, lang: str
) -> None:
    screen = at_desk(shop.login("advisor"))
    page, dialog = deal(screen, outside)
    option(dialog, "way", word("refuse", lang)).click()
    settle = dialog.locator("button[name=action_settle]").first
    settle.click()
    expect(page.locator(".modal")).to_have_count(2)
    screen.errors.clear()
    screen.check("deviation-refuse-unsigned", english)
    page.locator(".modal").last.locator(".modal-footer .btn-primary").click()
    dialog.locator("[name=signer] input").fill("张先生")
    sign(page, dialog.locator("[name=signature] .o_signature"))
    expect(settle).to_be_in_viewport()
    screen.check("deviation-refuse", english)
    settle.click()
    expect(page.locator(".modal")).to_have_count(0)
    expect(page.locator(".alert-warning", has_text="99")).to_have_count(0)
    screen.open(f"/odoo/work-orders/{outside.order.id}", ".o_workshop_timeline")
    page.locator(".o_notebook .nav-link").nth(1).click()
    expect(page.locator("[name=authorisation_ids] .o_data_row")).to_have_count(2)
    screen.check("deviation-refuse-decisions", english)
    finish(shop, outside)


def deal(screen: Screen, outside: Outside) -> tuple[Page, Locator]:
    """Open what waits at the desk."""
    page = screen.open(f"/odoo/floor-jobs/{outside.order.job}", ".o_workshop_nodes")
    alert = page.locator(".alert-warning", has_text="99")
    alert.locator("button").click()
    dialog = page.locator(".modal", has=page.locator("[name=way]"))
    expect(dialog.locator("[name=told]")).to_contain_text("99")
    return page, dialog


def finish(shop: Shop, outside: Outside) -> None:
    """With the same value, which is dealt with, the job is done and passes."""
    person, job = shop.session(outside.technician), [outside.order.job]
    person.call("workshop.job", "confirm_node", job, "resume")
    photo = base64.b64encode(PHOTO).decode()
    person.call(
        *("workshop.job", "confirm_node", job, "finish"),
        checks=outside.steps,
        photos=[photo],
    )
    events = [event["effect"] for event in shop.events(outside.order.id)]
    assert events == ["applied"] * 4


def word(which: str, lang: str) -> str:
    return WORDS[which][lang == "zh_CN"]


def option(dialog: Locator, name: str, text: str) -> Locator:
    return dialog.locator(f"[name={name}] .o_radio_item", has_text=text)
