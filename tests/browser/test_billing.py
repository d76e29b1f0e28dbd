"""What the customer owes: after a changed price, and for work that is made good."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screen
from tests.support.shop import Shop, WorkOrder

AtDesk = Callable[[str], Screen]
English = frozenset[str]
SEARCH = ".o_reception_search input"
SETTLE = "button[name=action_settle]"
AUTHORISE = {"en_US": "Authorise", "zh_CN": "授权"}
IN_PERSON = {"en_US": "In Person", "zh_CN": "当面"}
ADD = {"en_US": "Add Services", "zh_CN": "添加服务"}
COMEBACK = {"en_US": "As a comeback", "zh_CN": "按返修"}


def authorise(page: Page, lang: str) -> None:
    """Take the customer's word for everything that waits for it, at the order."""
    buttons = page.locator(".o_statusbar_buttons button")
    buttons.filter(has_text=AUTHORISE[lang]).first.click()
    page.wait_for_selector(".modal .o_form_view")
    channel = page.locator(".modal [name=channel] .o_radio_item")
    channel.filter(has_text=IN_PERSON[lang]).click()
    page.locator(".modal button[name=action_decide]").click()
    page.wait_for_selector(".modal", state="detached", timeout=60_000)


def done(shop: Shop, order: WorkOrder) -> None:
    """Have the work done, and wait until the order knows."""
    shop.do_work(order)
    cashier = shop.session(shop.login("cashier"))

    def is_done() -> bool:
        cashier.call("workshop.order", "action_settle", [order.id])
        return bool(shop.order(order.id, "state")["state"] == "done")

    shop.wait_for("the order to be done", is_done)


def test_what_costs_more_is_agreed_to_anew_before_it_is_billed(
    at_desk: AtDesk, shop: Shop, english: English, lang: str
) -> None:
    order = shop.receive()
    agreed = shop.order(order.id, "amount_total")["amount_total"]
    advisor = at_desk(shop.login("advisor"))
    page = advisor.open(f"/odoo/work-orders/{order.id}", "[name=action_open_bill]")
    page.click("[name=action_open_bill]")
    quantity = page.locator("[name=order_line] td[name=product_uom_qty]").nth(1)
    quantity.click()
    field = page.locator("[name=order_line] .o_selected_row [name=product_uom_qty]")
    field.locator("input").fill("9")
    page.keyboard.press("Tab")
    page.locator(".o_form_button_save").click()
    page.wait_for_selector(".o_form_button_save", state="hidden")
    raised = shop.order(order.id, "amount_total")["amount_total"]
    assert raised > agreed

    done(shop, order)
    page = advisor.open(f"/odoo/work-orders/{order.id}", ".o_workshop_timeline")
    expect(page.locator(".o_form_sheet .alert-danger:visible")).to_have_count(1)
    advisor.check("billing-stale", english)

    cashier = at_desk(shop.login("cashier"))
    desk = cashier.open(f"/odoo/work-orders/{order.id}", SETTLE)
    desk.click(SETTLE)
    stale = desk.locator(".modal [name=stale_ids] .o_tag")
    expect(stale).to_have_count(1)
    expect(desk.locator(f".modal {SETTLE}")).to_have_count(0)
    cashier.check("billing-not-yet", english)
    desk.locator(".modal .btn-close").click()

    authorise(page, lang)
    expect(page.locator(".o_form_sheet .alert-danger:visible")).to_have_count(0)
    desk = cashier.open(f"/odoo/work-orders/{order.id}", SETTLE)
    desk.click(SETTLE)
    bill = desk.locator(f".modal {SETTLE}")
    expect(bill).to_be_visible()
    expect(stale).to_have_count(0)
    bill.click()
    desk.wait_for_selector(".modal", state="detached", timeout=60_000)
    paid = shop.order(order.id, "amount_due", "amount_total")
    assert (paid["amount_due"], paid["amount_total"]) == (0, raised)
    assert not advisor.errors
    assert not cashier.errors


@pytest.fixture
def settled(shop: Shop) -> WorkOrder:
    """An order whose job is done, billed and paid, and that is closed."""
    order = shop.receive()
    done(shop, order)
    cashier = shop.session(shop.login("cashier"))
    [dialog] = cashier.call("workshop.order.settle", "create", [{"order_id": order.id}])
    cashier.call("workshop.order.settle", "action_settle", [dialog])
    shop.manager.call("workshop.order", "action_close", [order.id])
    return order


def odometer(shop: Shop, order: WorkOrder) -> int:
    """What the car may show when it comes again."""
    [car] = shop.advisor.call(
        "fleet.vehicle",
        "search_read",
        [("license_plate", "=", order.plate)],
        ["odometer"],
    )
    return int(car["odometer"]) + 5


def test_work_is_made_good_for_nothing(
    at_desk: AtDesk, shop: Shop, settled: WorkOrder, english: English, lang: str
) -> None:
    screen = at_desk(shop.login("advisor"))
    page = screen.open("/odoo/reception", SEARCH)
    page.fill(SEARCH, settled.plate)
    page.press(SEARCH, "Enter")
    before = page.locator(".o_reception_done")
    expect(before).to_be_visible()
    before.locator("button.btn-outline-secondary").first.click()
    expect(before.locator("button.btn-success")).to_have_count(1)
    screen.check("billing-make-good", english)
    page.fill("input[inputmode=numeric]", str(odometer(shop, settled)))
    page.keyboard.press("Tab")
    page.locator(".o_reception_foot .btn-primary").click()
    page.wait_for_selector(".o_workshop_timeline", timeout=60_000)
    order = int(page.url.rpartition("/")[2].partition("?")[0])
    screen.check("billing-made-good", english)
    authorise(page, lang)
    [job] = shop.advisor.call(
        "workshop.job",
        "search_read",
        [("order_id", "=", order)],
        ["original_job_id", "payer", "price"],
    )
    assert job["original_job_id"][0] == settled.job
    assert job["payer"] in ("warranty", "comeback")
    assert job["price"] == 0

    again = WorkOrder(order, "", job["id"], settled.plate, b"")
    done(shop, again)
    cashier = at_desk(shop.login("cashier"))
    desk = cashier.open(f"/odoo/work-orders/{order}", SETTLE)
    desk.click(SETTLE)
    desk.wait_for_selector(".modal .o_form_view")
    expect(desk.locator(".modal [name=done_ids] .o_data_row")).to_have_count(1)
    cashier.check("billing-nothing-due", english)
    # Nothing is due: there is nothing to bill, pay or take.
    expect(desk.locator(f".modal {SETTLE}")).to_have_count(0)
    desk.locator(".modal .btn-close").click()
    assert not screen.errors


def test_work_is_made_good_from_the_order(
    at_desk: AtDesk, shop: Shop, settled: WorkOrder, english: English, lang: str
) -> None:
    values = {"plate": settled.plate, "odometer": odometer(shop, settled)}
    [order] = shop.advisor.call("workshop.order", "receive", values)
    screen = at_desk(shop.login("advisor"))
    page = screen.open(f"/odoo/work-orders/{order}", ".o_workshop_timeline")
    page.locator("button", has_text=ADD[lang]).click()
    row = page.locator(".modal [name=again_ids] .o_data_row").first
    row.locator("[name=payer]").click()
    page.locator(".modal .o_selected_row [name=payer] input").click()
    page.locator(".o_select_menu_item", has_text=COMEBACK[lang]).click()
    screen.check("billing-again", english)
    page.locator(".modal button[name=action_add]").click()
    page.wait_for_selector(".modal", state="detached")
    jobs = page.locator("[name=job_ids] .o_data_row")
    expect(jobs).to_have_count(1)
    [job] = shop.advisor.call(
        "workshop.job", "search_read", [("order_id", "=", order)], ["payer", "price"]
    )
    assert (job["payer"], job["price"]) == ("comeback", 0)
    assert not screen.errors
