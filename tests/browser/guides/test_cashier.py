"""docs/guides/cashier.md and its Chinese, step by step at the cash desk."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.guides.conftest import Guide
from tests.support.shop import Shop

NewGuide = Callable[[str, str], Guide]


@pytest.fixture
def finished(shop: Shop) -> int:
    """An order whose work is done and passed, and not billed yet."""
    order = shop.receive()
    shop.do_work(order)
    cashier = shop.session(shop.login("cashier"))

    def is_done() -> bool:
        # The cash desk brings the order up to the floor, however long the queue is.
        cashier.call("workshop.order", "action_settle", [order.id])
        return bool(shop.order(order.id, "state")["state"] == "done")

    shop.wait_for("the order to be done", is_done)
    return order.id


def test_take_a_deposit_and_give_it_back(guide: NewGuide, shop: Shop) -> None:
    order = shop.receive()
    desk = guide(shop.login("cashier"), "cashier")
    page = desk.open(f"/odoo/work-orders/{order.id}", "button[name=action_settle]")
    settle = page.locator("button[name=action_settle]")
    desk.picture("order", settle)
    settle.click()
    page.wait_for_selector(".modal .o_form_view")
    # Nothing is done yet: there is nothing to bill, only to take in advance.
    expect(page.locator(".modal button[name=action_settle]")).to_have_count(0)
    pay(page, "100")
    deposit = page.locator(".modal button[name=action_deposit]")
    desk.picture("deposit", page.locator(".modal [name=payment_ids]"), deposit)
    deposit.dblclick()
    page.wait_for_selector(".modal", state="detached", timeout=60_000)
    due = shop.order(order.id, "amount_due", "amount_total")
    assert due["amount_due"] == due["amount_total"] - 100


def test_settle_what_is_done(guide: NewGuide, shop: Shop, finished: int) -> None:
    desk = guide(shop.login("cashier"), "cashier")
    page = desk.open(f"/odoo/work-orders/{finished}", "button[name=action_settle]")
    total = shop.order(finished, "amount_due")["amount_due"]
    page.click("button[name=action_settle]")
    rows = page.locator(".modal [name=payment_ids] .o_data_row")
    expect(rows).to_have_count(1)
    expect(page.locator(".modal [name=amount_left]")).to_contain_text("0.00")
    # More than is due is refused, with what to do.
    rows.first.locator("[name=amount]").click()
    amount = page.locator(".modal [name=payment_ids] [name=amount] input")
    amount.fill(str(total + 50))
    page.keyboard.press("Tab")
    bill = page.locator(".modal button[name=action_settle]")
    bill.click()
    refusal = page.locator(".modal").last
    expect(page.locator(".modal")).to_have_count(2)
    desk.picture("refused", refusal.locator(".modal-body"))
    refusal.locator("footer button").first.click()
    rows.first.locator("[name=amount]").click()
    amount.fill("100")
    page.keyboard.press("Tab")
    left = page.locator(".modal [name=amount_left]")
    expect(left).to_contain_text(f"{total - 100:,.2f}")
    pay(page, str(total - 100))
    expect(left).not_to_contain_text(f"{total - 100:,.2f}")
    expect(left).to_contain_text("0.00")
    desk.picture(
        "settle",
        page.locator(".modal [name=amount_due]"),
        page.locator(".modal [name=payment_ids]"),
        bill,
    )
    bill.click()
    page.wait_for_selector(".modal", state="detached", timeout=60_000)
    assert shop.order(finished, "amount_due")["amount_due"] == 0
    desk.open(f"/odoo/work-orders/{finished}", ".o_workshop_timeline")
    desk.picture("settled", page.locator("button[name=action_print_receipt]"))


def pay(page: Page, amount: str) -> None:
    """One more means of payment: the first of the list, and how much."""
    page.locator(".modal [name=payment_ids] .o_field_x2many_list_row_add a").click()
    row = page.locator(".modal [name=payment_ids] .o_selected_row")
    row.locator("[name=journal_id] input").click()
    page.locator(".o-autocomplete--dropdown-item").first.click()
    row.locator("[name=amount] input").fill(amount)
    page.keyboard.press("Tab")


def test_credit_pay_back_and_bill_again(
    guide: NewGuide, shop: Shop, finished: int
) -> None:
    desk = guide(shop.login("cashier"), "cashier")
    cashier = shop.session(shop.login("cashier"))
    settle = "workshop.order.settle"
    [dialog] = cashier.call(settle, "create", [{"order_id": finished}])
    total = shop.order(finished, "amount_total")["amount_total"]
    [means] = cashier.call(
        "account.journal", "search", [("type", "=", "cash")], limit=1
    )
    payment = [(0, 0, {"journal_id": means, "amount": total})]
    cashier.call(settle, "write", [dialog], {"payment_ids": payment})
    cashier.call(settle, "action_settle", [dialog])

    page = desk.open(f"/odoo/work-orders/{finished}", "[name=action_open_invoices]")
    page.click("[name=action_open_invoices]")
    page.wait_for_selector("button[name=action_reverse]")
    credit = page.locator("button[name=action_reverse]").first
    desk.picture("invoice", credit)
    credit.click()
    page.wait_for_selector(".modal .o_form_view")
    page.fill(".modal [name=reason] input", desk.say("Wrong name", "抬头有误"))
    note = page.locator(".modal-footer button[name=refund_moves]")
    desk.picture("credit", note)
    note.click()
    page.wait_for_selector(".modal", state="detached")
    page.click("button[name=action_post]")
    page.wait_for_selector("button[name=action_post]", state="detached")

    page = desk.open(f"/odoo/work-orders/{finished}", "button[name=action_settle]")
    page.click("button[name=action_settle]")
    page.wait_for_selector(".modal .o_form_view")
    back = page.locator(".modal button[name=action_pay_back]")
    again = page.locator(".modal button[name=action_bill_again]")
    desk.picture("pay-back", again, back)
    back.click()
    page.wait_for_selector(".modal", state="detached", timeout=60_000)
