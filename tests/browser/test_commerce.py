"""What advisor and cashier do with jobs and money, at their screens."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Car, Screen
from tests.support.shop import Shop

AtDesk = Callable[[str], Screen]
English = frozenset[str]
SETTLE = "workshop.order.settle"
PACKAGE = {"en_US": "Annual Care", "zh_CN": "年度保养套餐"}


@pytest.fixture(scope="session")
def billed(shop: Shop, car: Car) -> int:
    """The invoice of the repaired car, settled and posted at the cash desk."""
    cashier = shop.session(shop.login("cashier"))
    action = cashier.call("workshop.order", "action_settle", [car.order])
    [dialog] = cashier.call(
        SETTLE, "create", [{"order_id": action["context"]["default_order_id"]}]
    )
    cashier.call(SETTLE, "action_settle", [dialog])
    opened = cashier.call("workshop.order", "action_open_invoices", [car.order])
    [invoice] = cashier.call("account.move", "search", opened["domain"])
    return int(invoice)


def test_an_invoice_line_opens_down_to_who_did_it(
    at_desk: AtDesk, shop: Shop, car: Car, billed: int, english: English
) -> None:
    screen = at_desk(shop.login("cashier"))
    page = screen.open(
        f"/odoo/action-account.action_move_out_invoice_type/{billed}",
        "[name=invoice_line_ids] .o_data_row",
    )
    assert shop.session(shop.login("cashier")).call(
        "account.move", "read", [billed], ["state"]
    ) == [{"id": billed, "state": "posted"}]
    page.locator("button[name=action_open_responsibility]").first.click()
    page.wait_for_selector(".o_breadcrumb .active, .o_last_breadcrumb_item")
    rows = page.locator(".o_list_view .o_data_row")
    expect(rows.first).to_be_visible()
    people = {event["user_id"][1] for event in shop.events(car.order)}
    for person in people:
        expect(page.locator(".o_list_view")).to_contain_text(person)
    screen.check("responsibility", english)


def test_the_cashier_takes_a_deposit_once(
    at_desk: AtDesk, shop: Shop, english: English, lang: str
) -> None:
    order = shop.receive()
    screen = at_desk(shop.login("cashier"))
    page = screen.open(f"/odoo/work-orders/{order.id}", "button[name=action_settle]")
    page.click("button[name=action_settle]")
    page.wait_for_selector(".modal .o_form_view")
    page.locator(".modal .o_field_x2many_list_row_add a").click()
    fill_payment(page, "100")
    screen.check("settle", english)
    page.locator(".modal button[name=action_deposit]").dblclick()
    page.wait_for_selector(".modal", state="detached", timeout=60_000)
    due = shop.order(order.id, "amount_due", "amount_total")
    assert due["amount_due"] == due["amount_total"] - 100
    assert not screen.errors


def fill_payment(page: Page, amount: str) -> None:
    row = page.locator(".modal [name=payment_ids] .o_selected_row")
    row.locator("[name=journal_id] input").click()
    page.locator(".o-autocomplete--dropdown-item").first.click()
    row.locator("[name=amount] input").fill(amount)
    page.keyboard.press("Tab")


def test_an_advisor_adds_a_package_and_makes_work_good(
    at_desk: AtDesk, shop: Shop, car: Car, english: English, lang: str
) -> None:
    screen = at_desk(shop.login("advisor"))
    page = screen.open(f"/odoo/work-orders/{car.order}", ".o_workshop_timeline")
    page.locator("button", has_text={"en_US": "Add Services"}.get(lang, "添加")).click()
    page.wait_for_selector(".modal .o_form_view")
    page.locator(".modal [name=package_id] input").click()
    page.locator(".o-autocomplete--dropdown-item", has_text=PACKAGE[lang]).click()
    expect(page.locator(".modal [name=package_service_ids] .o_tag")).to_have_count(3)
    expect(page.locator(".modal [name=again_ids] .o_data_row").first).to_be_visible()
    screen.check("order-add", english)
    page.locator(".modal .btn-close").click()
    assert not screen.errors
