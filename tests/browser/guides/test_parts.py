"""docs/guides/parts.md: what the parts keeper does at his screen."""

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.browser.guides.conftest import Guide
from tests.browser.guides.store import (
    SUBSTITUTE,
    Short,
    choose,
    pick,
    receive,
    short_order,
)
from tests.support.shop import Shop

Begin = Callable[[str, str], Guide]
PARTS = "workshop_order.stock_picking_menu_workshop"
ISSUE = "button[name=action_workshop_issue]"
RECEIVE = ".o_statusbar_buttons button[name=action_view_picking]:visible"


def test_parts(guide: Begin, shop: Shop) -> None:
    ready = shop.order(receive(shop, "PADS-F"), "name")["name"]
    with short_order(shop) as short:
        walk(guide, shop, ready, short)


def test_order_what_is_short(guide: Begin, shop: Shop) -> None:
    with short_order(shop) as short:
        keeper = guide(shop.login("parts_keeper"), "parts")
        look_at(keeper, short, "Not here", "缺件").click()
        order(keeper)
        badge = look_at(keeper, short, "On the way", "在途")
        keeper.picture("on-way", badge)
        badge.click()
        receive_what_came(keeper)
        look_at(keeper, short, "Here", "在库")
        row = keeper.page.locator(".o_data_row").filter(has_text=short.name)
        row.locator(ISSUE).click()
        expect(row).to_have_count(0)


def look_at(keeper: Guide, short: Short, english: str, chinese: str) -> Locator:
    """What the list says of the job's parts."""
    page = keeper.open("/odoo/workshop-parts", ".o_list_view")
    row = page.locator(".o_data_row").filter(has_text=short.name)
    badge = row.locator("td[name=workshop_parts_state] .badge")
    expect(badge).to_have_text(keeper.say(english, chinese))
    return badge


def order(keeper: Guide) -> None:
    """Confirm the request for quotation that Odoo has drafted for the open job."""
    page = keeper.page
    purchases = page.locator("button[name=action_workshop_purchases]")
    expect(purchases).to_be_visible()
    keeper.picture("purchases", purchases)
    purchases.click()
    confirm = page.locator("button[name=button_confirm]:visible")
    expect(confirm).to_be_visible()
    keeper.picture("rfq", confirm)
    confirm.click()
    expect(page.locator(RECEIVE)).to_be_visible()


def receive_what_came(keeper: Guide) -> None:
    """Receive what was ordered for the open job."""
    page = keeper.page
    page.locator("button[name=action_workshop_purchases]").click()
    page.locator(RECEIVE).click()
    validate = page.locator("button[name=button_validate]:visible")
    expect(validate).to_be_visible()
    keeper.picture("receipt", validate)
    validate.click()
    expect(page.locator(".o_statusbar_status .o_arrow_button_current")).to_contain_text(
        keeper.say("Done", "已完成")
    )


def walk(guide: Begin, shop: Shop, ready: str, short: Short) -> None:
    keeper = guide(shop.login("parts_keeper"), "parts")
    page = keeper.open("/odoo/work-orders", ".o_list_view")
    choose(page, PARTS)
    rows = page.locator(".o_data_row")
    first, second = (rows.filter(has_text=name) for name in (ready, short.name))
    expect(first).to_contain_text(keeper.say("Here", "在库"))
    expect(second).to_contain_text(keeper.say("Not here", "缺件"))
    keeper.picture(
        "list",
        first.locator(ISSUE),
        second.locator("td[name=workshop_parts_state] .badge"),
    )

    # All is here: given out, and gone from the list.
    first.locator(ISSUE).click()
    expect(first).to_have_count(0)

    # One part is short: another that fits takes its place.
    second.locator("td[name=workshop_job_id]").click()
    page.wait_for_selector(".o_form_view")
    replace = page.locator(".o_statusbar_buttons button").filter(
        has_text=keeper.say("Replace", "替换")
    )
    keeper.picture("short", replace)
    replace.click()
    dialog = page.locator(".modal")
    # Which parts are offered follows from the one that is short.
    pick(page, "move_id", short.part)
    offered = dialog.locator("[name=product_id] .o_radio_item")
    expect(offered.filter(has_text=SUBSTITUTE)).to_have_count(1)
    expect(offered.filter(has_text=short.part)).to_have_count(0)
    offered.filter(has_text=SUBSTITUTE).locator("input").check()
    dialog.locator("[name=reason] input").fill(keeper.say("Sold out", "缺货"))
    keeper.picture("replace", dialog.locator("button[name=action_replace]"))
    dialog.locator("button[name=action_replace]").click()
    expect(dialog).to_have_count(0)
    issue = page.locator(f".o_statusbar_buttons {ISSUE}")
    expect(page.locator("[name=move_ids]")).to_contain_text(SUBSTITUTE)
    issue.click()
    expect(issue).to_be_hidden()

    # What was not used comes back.
    page.locator(".breadcrumb a, .o_back_button").first.click()
    page.wait_for_selector(".o_list_view")
    page.locator(".o_facet_remove").first.click()
    choose_filter(keeper, "Issued", "已领用")
    keeper.picture("issued", first.locator("button[name=action_workshop_return]"))
    first.locator("button[name=action_workshop_return]").click()
    page.wait_for_selector(".modal .o_data_row")
    quantity = dialog.locator(".o_data_row td[name=quantity]").first
    quantity.click()
    dialog.locator("td[name=quantity] input").first.fill("1")
    keeper.picture("return")
    dialog.locator("button[name=action_create_returns]").click()
    page.wait_for_selector(".o_form_view button[name=button_validate]:visible")
    keeper.picture("return-back", page.locator("button[name=button_validate]:visible"))
    page.locator("button[name=button_validate]:visible").click()
    expect(page.locator(".o_statusbar_status .o_arrow_button_current")).to_contain_text(
        keeper.say("Done", "已完成")
    )


def choose_filter(keeper: Guide, english: str, chinese: str) -> None:
    """Tick one of the list's own filters."""
    keeper.page.click(".o_searchview_dropdown_toggler")
    keeper.page.locator(".o_filter_menu .o_menu_item").filter(
        has_text=keeper.say(english, chinese)
    ).first.click()
    keeper.page.click(".o_searchview_dropdown_toggler")
