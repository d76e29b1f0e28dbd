"""docs/guides/parts.md: what the parts keeper does at his screen."""

from collections.abc import Callable

from playwright.sync_api import expect

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


def test_parts(guide: Begin, shop: Shop) -> None:
    ready = shop.order(receive(shop, "PADS-F"), "name")["name"]
    with short_order(shop) as short:
        walk(guide, shop, ready, short)


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
    with page.expect_response("**/onchange"):
        pick(page, "move_id", short.part)
    dialog.locator("[name=product_id] input").click()
    offered = page.locator(".o-autocomplete--dropdown-item a")
    expect(offered.filter(has_text=SUBSTITUTE)).to_have_count(1)
    expect(offered.filter(has_text=short.part)).to_have_count(0)
    offered.filter(has_text=SUBSTITUTE).click()
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
