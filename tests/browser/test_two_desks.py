"""Two people at their own screens, at one order at the same time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Screen
from tests.support.shop import Shop

AtDesk = Callable[[str], Screen]
TOLD = ".o_notification"
START = ".o_field_workshop_nodes button:has-text('Start')"


@pytest.fixture
def lang() -> str:
    """What is told is the same in every language; its words are tested elsewhere."""
    return "en_US"


@dataclass
class Desk:
    """One person's form of the order."""

    screen: Screen
    name: str

    @property
    def page(self) -> Page:
        return self.screen.page

    @property
    def complaint(self) -> Locator:
        return self.page.locator("[name=complaint] textarea")

    @property
    def dialog(self) -> Locator:
        return self.page.locator(".modal")

    @property
    def jobs(self) -> Locator:
        return self.page.locator("[name=job_ids] .o_data_row")

    def told(self, text: str) -> Locator:
        return self.page.locator(TOLD).filter(has_text=text)

    def save(self) -> None:
        self.page.click(".o_form_button_save")
        expect(self.page.locator(".o_form_button_save")).to_be_hidden()

    def press(self, text: str) -> None:
        self.page.locator(".o_statusbar_buttons button", has_text=text).first.click()


def sit_down(at_desk: AtDesk, shop: Shop, role: str, order: int) -> Desk:
    login = shop.login(role)
    screen = at_desk(login)
    screen.open(f"/odoo/work-orders/{order}", ".o_workshop_timeline")
    return Desk(screen, shop.session(login).name)


@pytest.fixture
def lead(at_desk: AtDesk, shop: Shop) -> Iterator[Desk]:
    """The technician lead at his screen; his clock stands still in the end."""
    login = shop.login("technician_lead")
    person = shop.session(login)
    yield Desk(at_desk(login), person.name)
    running = [("running_user_id", "=", person.uid)]
    for job in person.call("workshop.job", "search", running):
        person.call("workshop.job", "confirm_node", [job], "pause", reason="other")


@pytest.fixture
def proposed(shop: Shop) -> int:
    """A received order with two jobs that nobody has agreed to yet."""
    services = shop.advisor.call(
        "workshop.service", "search", [("code", "in", ["OIL-SS", "FILTERS"])]
    )
    vals = {**shop.vehicle(), "service_ids": services}
    [order] = shop.advisor.call("workshop.order", "receive", vals)
    return int(order)


# The manager takes the advisor's place where the store has no second one.
def test_two_write_at_once_and_neither_s_words_are_lost(
    at_desk: AtDesk, shop: Shop, proposed: int
) -> None:
    one = sit_down(at_desk, shop, "advisor", proposed)
    two = sit_down(at_desk, shop, "store_manager", proposed)
    one.complaint.fill("Squeaks when braking")
    two.complaint.fill("Pulls to the left")
    one.save()
    expect(two.told("compare before you save")).to_contain_text(one.name)
    expect(two.complaint).to_have_value("Pulls to the left")
    two.save()
    # Whoever was first sees what stands there now, and who wrote it.
    expect(one.told("shown as it is now")).to_contain_text(two.name)
    expect(one.complaint).to_have_value("Pulls to the left")
    expect(
        one.page.locator(".o-mail-Message", has_text="Squeaks when braking").first
    ).to_be_visible()
    assert not one.screen.errors + two.screen.errors


def test_two_take_the_customer_s_word_and_it_counts_once(
    at_desk: AtDesk, shop: Shop, proposed: int
) -> None:
    desks = [
        sit_down(at_desk, shop, role, proposed) for role in ("advisor", "store_manager")
    ]
    for desk in desks:
        desk.press("Authorise")
        desk.dialog.locator(".o_radio_item", has_text="Phone").click()
    for desk in desks:
        desk.page.locator(".modal button[name=action_decide]").dblclick(
            no_wait_after=True
        )

    def decided() -> bool:
        return sorted(desk.dialog.count() for desk in desks) == [0, 2]

    shop.wait_for("one to have decided, the other to be refused", decided)
    first, second = sorted(desks, key=lambda desk: desk.dialog.count())
    expect(second.dialog.last).to_contain_text("is not proposed any more")
    expect(second.told("Authorisation").first).to_contain_text(first.name)
    [row] = shop.advisor.call(
        "workshop.authorisation",
        "search_read",
        [("order_id", "=", proposed)],
        ["decision"],
    )
    assert row["decision"] == "authorised"
    assert shop.order(proposed, "state")["state"] == "open"


def test_a_job_is_started_and_withdrawn_at_once(
    at_desk: AtDesk, shop: Shop, lead: Desk
) -> None:
    order = shop.receive()
    desk = sit_down(at_desk, shop, "advisor", order.id)
    lead.screen.open(f"/odoo/floor-jobs/{order.job}", START)
    withdraw = desk.jobs.locator("button[name=action_withdraw]")
    withdraw.click()
    yes = desk.dialog.locator(".btn-primary")
    expect(yes).to_be_visible()
    lead.page.locator(START).click(no_wait_after=True)
    yes.dblclick(no_wait_after=True)

    def settled() -> bool:
        [job] = shop.advisor.call("workshop.job", "read", [order.job], ["state"])
        return bool(shop.events(order.id)) or job["state"] == "withdrawn"

    shop.wait_for("one of the two", settled)
    [job] = shop.advisor.call("workshop.job", "read", [order.job], ["state"])
    effects = [event["effect"] for event in shop.events(order.id)]
    if job["state"] == "withdrawn":
        assert "applied" not in effects
        expect(lead.dialog).to_be_visible()
    else:
        assert (job["state"], effects) == ("authorised", ["applied"])
        expect(desk.told("Start")).to_contain_text(lead.name)
        expect(desk.dialog).to_contain_text("is at work on")


def test_the_desk_goes_on_while_the_floor_works(
    at_desk: AtDesk, shop: Shop, lead: Desk
) -> None:
    order = shop.receive()
    desk = sit_down(at_desk, shop, "advisor", order.id)
    lead.screen.open(f"/odoo/floor-jobs/{order.job}", START)
    desk.press("Add Services")
    desk.dialog.locator("[name=service_ids] input").fill("Wash")
    desk.page.locator(".o-autocomplete--dropdown-item", has_text="Wash").first.click()
    lead.page.locator(START).dblclick()
    # The dialog stays as it is while the form behind it is told and shows it.
    expect(desk.told("Start")).to_contain_text("in the browser")
    expect(desk.dialog.locator("[name=service_ids] .o_tag")).to_have_count(1)
    desk.dialog.locator("button[name=action_add]").dblclick()
    expect(desk.dialog).to_have_count(0)
    expect(desk.jobs).to_have_count(2)
    rows = desk.page.locator(".o_workshop_timeline_row", has_text="Start")
    expect(rows).to_have_count(1)
    [event] = shop.events(order.id)
    assert (event["node"], event["effect"]) == ("start", "applied")
    assert not desk.screen.errors + lead.screen.errors
