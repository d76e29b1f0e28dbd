"""docs/guides/manager.md: what the store manager does at his screen."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.guides.conftest import Guide
from tests.browser.guides.store import choose, look_up, pick
from tests.support.shop import Shop
from tests.support.unit import bay_by_code

Begin = Callable[[str, str], Guide]
STANDARDS = "workshop_standard.workshop_standard_menu"
DEVICES = "workshop_edge.workshop_edge_menu"
CONFIGURATION = "workshop_chain.workshop_menu_configuration"
TOO_MUCH = "190"
IN_BAND = "130"


def test_manager_sets_a_price_within_the_band(guide: Begin, shop: Shop) -> None:
    forget_prices(shop)
    desk = guide(shop.login("store_manager"), "manager")
    page = desk.open("/odoo/work-orders", ".o_list_view")
    choose(page, STANDARDS, "workshop_standard.workshop_store_price_menu")
    page.locator(".o_list_button_add").click()
    row = page.locator(".o_selected_row")
    pick(page, "version_id", "OIL-FS", ".o_selected_row")
    expect(row.locator("td[name=price_max]")).to_contain_text("140")
    row.locator("td[name=price] input").fill(TOO_MUCH)
    page.locator(".o_list_button_save").click()
    refusal = page.locator(".modal, .o_notification").filter(has_text="140")
    expect(refusal).to_be_visible()
    desk.screen.errors.clear()  # the refusal, as the browser's console repeats it
    desk.picture("price-refused")
    if page.locator(".modal").is_visible():
        page.locator(".modal .btn-primary").click()
    row.locator("td[name=price] input").fill(IN_BAND)
    desk.picture("price", page.locator(".o_list_button_save"))
    page.locator(".o_list_button_save").click()
    expect(page.locator(".o_selected_row")).to_have_count(0)
    expect(page.locator(".o_data_row")).to_have_count(1)
    expect(page.locator(".o_data_row td[name=price]")).to_contain_text(IN_BAND)
    forget_prices(shop)


def forget_prices(shop: Shop) -> None:
    """Other tests' bills are made at headquarters' prices."""
    manager = shop.manager
    prices = manager.call("workshop.store.price", "search", [])
    manager.call("workshop.store.price", "unlink", prices)


def test_manager_looks_after_bays_and_people(guide: Begin, shop: Shop) -> None:
    desk = guide(shop.login("store_manager"), "manager")
    page = desk.open("/odoo/work-orders", ".o_list_view")
    choose(page, DEVICES, "workshop_edge.workshop_device_menu")
    expect(page.locator(".o_data_row")).to_have_count(2)
    desk.picture("devices")
    page.locator(".o_data_row .o_data_cell").first.click()
    page.wait_for_selector(".o_form_view")
    desk.picture("device", page.locator("button[name=action_revoke]"))

    choose(page, CONFIGURATION, "workshop_chain.workshop_badge_menu")
    issue = page.locator(
        ".o_control_panel button", has_text=desk.say("Issue Badges", "发放工牌")
    )
    expect(issue).to_be_visible()
    desk.picture("badges", issue)
    issue.click()
    advisor = shop.session(shop.login("advisor")).name
    look_up(page, "user_ids", advisor)
    dialog = page.locator(".modal")
    desk.picture("badge-issue", dialog.locator("button[name=action_print]"))
    with page.expect_download() as download:
        dialog.locator("button[name=action_print]").click()
    assert download.value.suggested_filename.endswith(".pdf")
    expect(dialog).to_have_count(0)
    shop.forget_badges()

    choose(page, DEVICES, "workshop_edge.workshop_evidence_check_menu")
    page.locator(".o_list_button_add").click()
    page.wait_for_selector(".o_form_view")
    desk.picture("evidence", page.locator("button[name=action_start]"))
    page.locator("button[name=action_start]").click()
    look = page.locator("button[name=action_look]")
    expect(look).to_be_visible()
    shop.wait_for(
        "the evidence",
        lambda: not shop.manager.call(
            "workshop.evidence.check", "search", [("state", "!=", "done")]
        ),
    )
    look.click()
    expect(page.locator(".o_form_view .alert-success")).to_be_visible()
    desk.picture("evidence-done")


def test_manager_enrols_a_unit(guide: Begin, shop: Shop) -> None:
    desk = guide(shop.login("store_manager"), "enrol")
    page = desk.open("/odoo/work-orders", ".o_list_view")
    choose(page, DEVICES, "workshop_chain.workshop_bay_menu")
    expect(page.locator(".o_data_row")).to_have_count(3)
    # A device's name in another bay's row may hold the same letters.
    page.locator(".o_data_row td", has_text=re.compile(r"^\s*B3\b")).first.click()
    button = page.locator(".o_statusbar_buttons button")
    expect(button).to_be_visible()
    desk.picture("bay", button)
    assert page.url.endswith(str(bay_by_code(shop, "B3")))
    button.click()
    dialog = page.locator(".modal")
    desk.picture("ask", dialog.locator("button[name=action_show]"))
    dialog.locator("button[name=action_show]").click()
    code = dialog.locator(".o_field_image img")
    expect(code).to_be_visible()
    desk.picture("code")
    dialog.locator(".btn-close").click()
    choose(page, DEVICES, "workshop_edge.workshop_enrolment_menu")
    expect(page.locator(".o_data_row").first).to_be_visible()
    desk.picture("codes")
