"""What HQ lets a store carry, and work that costs nothing, at their screens."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screen
from tests.browser.guides.store import receive
from tests.support.shop import Shop

AtDesk = Callable[[str], Screen]
English = frozenset[str]
HQ = "chen.guoqiang@workbay.example"
PART = "MAN-W719-45"
KIND = {"en_US": "Oil Filter", "zh_CN": "机油滤清器"}
CARRIED = {"en_US": "carries this part already", "zh_CN": "已备有此配件"}
FREE = {"en_US": "Nobody: Free of Charge", "zh_CN": "无人：免费"}


@pytest.fixture
def carried_again(shop: Shop) -> Iterator[None]:
    """What the store carries is as before in the end."""
    yield
    shop.forget_session(HQ)
    hq = shop.session(HQ)
    rows = hq.call(
        "workshop.store.part", "search", [("product_id.default_code", "=", PART)]
    )
    hq.call("workshop.store.part", "unlink", rows)


def test_hq_says_what_a_store_carries(
    at_desk: AtDesk,
    shop: Shop,
    carried_again: None,
    english: English,
    lang: str,
) -> None:
    screen = at_desk(HQ)
    page = screen.open("/odoo/workshop-store-parts", ".o_data_row")
    rows = page.locator(".o_data_row")
    before = rows.count()
    _carry(page, shop.store, KIND[lang])
    expect(page.locator(".o_list_button_add")).to_be_visible()
    expect(rows).to_have_count(before + 1)
    screen.check("store-parts", english)

    # The same once more is refused in words, and what was entered is still there.
    _carry(page, shop.store, KIND[lang])
    refusal = page.locator(".modal", has_text=CARRIED[lang])
    expect(refusal).to_be_visible()
    screen.errors.clear()  # the refusal is the server's answer
    screen.check("store-parts-twice", english)
    refusal.locator(".modal-footer .btn-primary").click()
    entered = page.locator(".o_selected_row [name=product_id] input")
    expect(entered).to_have_value(re.compile(PART))


def _carry(page: Page, store: str, kind: str) -> None:
    """Add a line: the store, what kind of part it is, and the part."""
    page.locator(".o_list_button_add").click()
    for field, text in (("company_id", store), ("kind_id", kind), ("product_id", PART)):
        page.locator(f".o_selected_row [name={field}] input").fill(text)
        page.locator(".o-autocomplete--dropdown-item", has_text=text).first.click()
    page.locator(".o_list_button_save").click()


def test_a_free_service_is_work_like_any_other_and_bills_nobody(
    at_desk: AtDesk, shop: Shop, english: English, lang: str
) -> None:
    order = receive(shop, "AIR")
    screen = at_desk(shop.login("advisor"))
    page = screen.open(f"/odoo/work-orders/{order}", ".o_workshop_timeline")
    screen.check("free-order", english)
    page.locator("[name=job_ids] .o_data_row td[name=name]").first.click()
    expect(page.locator(".modal [name=payer]")).to_have_text(FREE[lang])
    screen.check("free-job", english)
    cashier = at_desk(shop.login("cashier"))
    desk = cashier.open(f"/odoo/work-orders/{order}", "button[name=action_settle]")
    desk.click("button[name=action_settle]")
    desk.wait_for_selector(".modal .o_form_view")
    cashier.check("free-settle", english)
    assert shop.order(order, "amount_total")["amount_total"] == 0
