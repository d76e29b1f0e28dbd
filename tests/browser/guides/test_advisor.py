"""docs/guides/advisor.md and its Chinese, step by step at the advisor's screen."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.guides.conftest import Guide
from tests.support.shop import Shop

FIELD = ".o_reception_search input"
MISREAD_VIN = "LSVAA218OE2123453"
NEW_VIN = "LSVAA2180E2123453"

NewGuide = Callable[[str, str], Guide]


def test_receive_a_car(guide: NewGuide, shop: Shop) -> None:
    desk = guide(shop.login("advisor"), "advisor")
    page = desk.open("/odoo/reception", FIELD)
    car = shop.vehicle()
    page.fill(FIELD, "?")
    page.press(FIELD, "Enter")
    expect(page.locator(".o_reception > .alert-danger")).to_be_visible()
    page.fill(FIELD, car["plate"])
    page.press(FIELD, "Enter")
    page.wait_for_selector(".o_reception_file")
    desk.picture("car", page.locator(".o_reception_file > section").first)
    odometer = page.locator("input[inputmode=numeric]")
    odometer.fill("5")
    page.keyboard.press("Tab")
    doubt = page.locator(".o_reception_card .alert-warning")
    expect(doubt.locator("input")).to_be_visible()
    desk.picture("odometer", doubt)
    odometer.fill(str(car["odometer"]))
    page.keyboard.press("Tab")
    expect(doubt).to_have_count(0)
    page.locator(".btn-group button").nth(2).click()
    page.fill("textarea", desk.say("Squeaks when braking", "刹车有异响"))
    due = page.locator(".o_reception_due .btn-outline-primary").first
    due.click()
    page.locator(".o_reception_form button", has_text=off_standard(desk)).click()
    free = page.locator(".o_reception_free")
    receive = page.locator(".o_reception_foot .btn-primary")
    expect(receive).to_be_disabled()
    free.locator("input").nth(0).fill(desk.say("Straighten the bumper", "校正保险杠"))
    free.locator("input").nth(1).fill("1.5")
    free.locator("input").nth(2).fill("300")
    desk.picture("noted", page.locator(".o_reception_due .btn-success"), free, receive)
    receive.click()
    page.wait_for_selector(".o_workshop_timeline", timeout=60_000)
    expect(jobs(page)).to_have_count(2)
    order = int(page.url.rpartition("/")[2].partition("?")[0])
    free_jobs = [("order_id", "=", order), ("is_off_standard", "=", True)]
    [job] = shop.advisor.call("workshop.job", "search_read", free_jobs, ["price"])
    assert job["price"] == 300


def test_receive_a_car_that_nobody_knows(guide: NewGuide, shop: Shop) -> None:
    desk = guide(shop.login("advisor"), "advisor")
    page = desk.open("/odoo/reception", FIELD)
    page.fill(FIELD, MISREAD_VIN)
    page.press(FIELD, "Enter")
    suggestion = page.locator(".o_reception .btn-warning")
    expect(suggestion).to_contain_text(NEW_VIN)
    desk.picture("misread", suggestion)
    suggestion.click()
    expect(page.locator(".o_reception_note")).to_contain_text("Volkswagen")
    page.locator(".o_reception_card .fa-plus").first.click()
    page.wait_for_selector(".modal .o_form_view [name=brand_id]")
    desk.screen.check("reception-model", desk.english)
    page.locator(".modal .btn-close").click()
    card = page.locator(".o_reception_form > section")
    desk.picture("new", card.nth(0), card.nth(1))
    page.locator(".o_reception_head .btn-light").last.click()
    expect(page.locator(".o_reception_empty")).to_be_visible()


def test_agree_on_work_and_change_one_s_mind(guide: NewGuide, shop: Shop) -> None:
    car = shop.vehicle()
    services = shop.advisor.call(
        "workshop.service", "search", [("code", "in", ["OIL-SS", "FILTERS"])]
    )
    [order] = shop.advisor.call(
        "workshop.order", "receive", {**car, "service_ids": services}
    )
    desk = guide(shop.login("advisor"), "advisor")
    page = desk.open(f"/odoo/work-orders/{order}", ".o_workshop_timeline")
    buttons = page.locator(".o_statusbar_buttons")
    add = buttons.locator("button", has_text=desk.say("Add Services", "添加服务"))
    free = buttons.locator("button", has_text=off_standard(desk))
    decide = buttons.locator("button", has_text=desk.say("Authorise", "授权"))
    desk.picture("order", decide, add, free)

    add.click()
    choose(page, "service_ids", desk.say("Wash", "精洗"))
    expect(page.locator(".modal [name=price]")).not_to_have_text("¥ 0.00")
    propose = page.locator(".modal button[name=action_add]")
    desk.picture("add", page.locator(".modal [name=price]"), propose)
    propose.click()
    expect(jobs(page)).to_have_count(3)

    free.click()
    dialog = page.locator(".modal .o_form_view")
    dialog.locator("[name=text] input").fill(desk.say("Weld the bracket", "焊接支架"))
    dialog.locator("[name=hours] input").fill("1:30")
    dialog.locator("[name=price] input").fill("300")
    desk.picture("off-standard", dialog.locator("[name=most]"))
    page.locator(".modal button[name=action_propose]").click()
    expect(jobs(page)).to_have_count(4)

    decide.click()
    tags = page.locator(".modal [name=job_ids] .o_tag")
    expect(tags).to_have_count(4)
    for left in (3, 2, 1):
        tags.first.locator(".o_delete").click()
        expect(tags).to_have_count(left)
    option(page, "act", desk.say("Wants it later", "推迟")).click()
    option(page, "channel", desk.say("Phone", "电话")).click()
    page.fill(".modal [name=reason] input", desk.say("After payday", "发薪后再做"))
    page.locator(".modal [name=until] input, .modal [name=until] button").first.click()
    page.locator(".o_datetime_picker .o_next").click()
    page.locator(".o_date_item_cell:not(.o_out_of_range)").nth(14).click()
    record = page.locator(".modal button[name=action_decide]")
    desk.picture("later", page.locator(".modal [name=act]"), record)
    record.click()
    page.wait_for_selector(".modal", state="detached")

    decide.click()
    expect(tags).to_have_count(3)
    option(page, "channel", desk.say("In Person", "当面")).click()
    desk.picture("agree", page.locator(".modal [name=shown]"), record)
    record.click()
    page.wait_for_selector(".modal", state="detached")
    page.locator(".o_notebook .nav-link").nth(1).click()
    expect(page.locator("[name=authorisation_ids] .o_data_row")).to_have_count(2)
    desk.picture("decisions", page.locator("[name=authorisation_ids]"))
    state = shop.order(order, "state")["state"]
    assert state == "open"


def test_a_discount_within_one_s_limit(guide: NewGuide, shop: Shop) -> None:
    order = shop.receive()
    before = shop.order(order.id, "amount_total")["amount_total"]
    desk = guide(shop.login("advisor"), "advisor")
    page = desk.open(f"/odoo/work-orders/{order.id}", "[name=action_open_bill]")
    page.click("[name=action_open_bill]")
    cells = page.locator("[name=order_line] td[name=discount]")
    cells.nth(1).click()
    percent = page.locator("[name=order_line] .o_selected_row [name=discount] input")
    percent.fill("50")
    page.keyboard.press("Tab")
    page.locator(".o_form_button_save").click()
    refusal = page.locator(".modal")
    expect(refusal).to_contain_text("5 %")
    refusal.locator("footer button").first.click()
    cells.nth(1).click()
    percent.fill("5")
    page.keyboard.press("Tab")
    desk.picture("discount", cells.nth(1))
    page.locator(".o_form_button_save").click()
    page.wait_for_selector(".o_form_button_save", state="hidden")
    page = desk.open(f"/odoo/work-orders/{order.id}", ".o_workshop_timeline")
    # It takes nothing from the customer: he need not agree anew.
    expect(page.locator(".o_form_sheet .alert-danger:visible")).to_have_count(0)
    after = shop.order(order.id, "amount_total")["amount_total"]
    assert after < before


def jobs(page: Page) -> Locator:
    return page.locator("[name=job_ids] .o_data_row")


def off_standard(desk: Guide) -> str:
    return desk.say("Off-standard", "非标项目")


def option(page: Page, name: str, text: str) -> Locator:
    return page.locator(f".modal [name={name}] .o_radio_item", has_text=text)


def choose(page: Page, name: str, text: str) -> None:
    page.fill(f".modal [name={name}] input", text)
    page.locator(".o-autocomplete--dropdown-item", has_text=text).first.click()
