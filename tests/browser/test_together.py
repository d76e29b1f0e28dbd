"""Two screens and a bay at the same job: one state in the end, and each told of it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Screen
from tests.support.shop import Shop

AtDesk = Callable[[str], Screen]
TOLD = ".o_notification"


@pytest.fixture
def lang() -> str:
    """What is told is the same in every language; its words are tested elsewhere."""
    return "en_US"


def technicians(shop: Shop) -> tuple[str, str]:
    first = shop.login("technician")
    return first, shop.login("technician", other_than=[first])


def node(name: str) -> str:
    return f".o_field_workshop_nodes button:has-text('{name}')"


def test_two_screens_and_a_bay_at_one_job(at_desk: AtDesk, shop: Shop) -> None:
    order = shop.receive()
    tess, tom = technicians(shop)
    desk = at_desk(shop.login("advisor"))
    desk.open(f"/odoo/work-orders/{order.id}", ".o_workshop_timeline")
    floor = at_desk(tom)
    floor.open(f"/odoo/floor-jobs/{order.job}", node("Start"))

    bay = shop.bay(1)
    person = shop.present(bay, tess, order)
    bay.outcome(bay.confirm(order.job, "start"))

    # The desk is told without asking, and shows it.
    expect(desk.page.locator(TOLD)).to_contain_text(f"Start, {person}")
    rows = desk.page.locator(".o_workshop_timeline_row")
    expect(rows.filter(has_text="Start")).to_have_count(1)

    # Who has the job itself before him is told as well, and sees it as it is.
    told = floor.page.locator(TOLD).filter(has_text=f"Start, {person}")
    expect(told).to_have_count(1)
    expect(floor.page.locator(node("Start"))).to_have_count(0)
    expect(floor.page.locator(node("Finish"))).to_be_disabled()

    [event] = shop.events(order.id)
    assert (event["node"], event["effect"]) == ("start", "applied")
    # The refusal is the server's answer, which the browser's console repeats.
    assert not desk.errors
    bay.confirm(order.job, "pause", "other")
    expect(rows.filter(has_text="Pause")).to_have_count(1)
    bay.leave()


def test_a_button_pressed_twice_confirms_once(at_desk: AtDesk, shop: Shop) -> None:
    order = shop.receive()
    _tess, tom = technicians(shop)
    floor = at_desk(tom)
    page = floor.open(f"/odoo/floor-jobs/{order.job}", node("Start"))
    page.dblclick(node("Start"))
    expect(page.locator(node("Pause"))).to_be_enabled()
    [event] = shop.events(order.id)
    assert (event["node"], event["effect"]) == ("start", "applied")
    assert not floor.errors
    shop.session(tom).call(
        "workshop.job", "confirm_node", [order.job], "pause", reason="other"
    )


def test_two_advisors_at_one_order(at_desk: AtDesk, shop: Shop) -> None:
    order = shop.receive()
    desk = at_desk(shop.login("advisor"))
    page = desk.open(f"/odoo/work-orders/{order.id}", ".o_workshop_timeline")
    complaint = page.locator("[name=complaint] textarea")
    other = shop.manager
    other.call("workshop.order", "write", [order.id], {"complaint": "Squeaks"})
    # Nothing is being typed: the form is up to date by itself.
    expect(page.locator(TOLD)).to_contain_text("changed this order")
    expect(complaint).to_have_value("Squeaks")
    complaint.fill("Rattles")
    other.call("workshop.order", "write", [order.id], {"complaint": "Squeaks loudly"})
    # What is being typed stays, and its author is warned.
    warning = page.locator(TOLD).filter(has_text="compare before you save")
    expect(warning).to_contain_text(other.name)
    expect(complaint).to_have_value("Rattles")
    page.click(".o_form_button_save")
    expect(page.locator(".o_form_button_save")).to_be_hidden()
    row = shop.order(order.id, "complaint")
    assert row["complaint"] == "Rattles"
    # And what the other wrote is not lost: the chatter keeps every word.
    expect(
        page.locator(".o-mail-Message").filter(has_text="Squeaks loudly")
    ).to_have_count(2)
