"""The reception's screen: a known customer's car by its plate, at desk and tablet."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Car, Screen, sign
from tests.support.shop import PHOTO, Shop

AtDesk = Callable[[str], Screen]
English = frozenset[str]
TABLET = {"width": 1024, "height": 768}
UPRIGHT = {"width": 768, "height": 1024}
UNKNOWN_VIN = "LSVAA2180E2123453"
MISREAD_VIN = "LSVAA218OE2123453"
FIELD = ".o_reception_search input"


@pytest.fixture
def desk(at_desk: AtDesk, shop: Shop) -> Screen:
    screen = at_desk(shop.login("advisor"))
    screen.open("/odoo/reception", FIELD)
    expect(screen.page.locator(FIELD)).to_be_focused()
    return screen


def reading(shop: Shop, car: Car) -> int:
    [vehicle] = shop.advisor.call(
        "fleet.vehicle",
        "search_read",
        [("license_plate", "=", car.plate)],
        ["last_reading"],
    )
    return int(vehicle["last_reading"])


def typed(plate: str) -> str:
    """A plate as somebody in a hurry types it."""
    return f"{plate[:2].lower()} {plate[2:].lower()}"


def order_of(page: Page) -> int:
    page.wait_for_selector(".o_workshop_timeline", timeout=60_000)
    return int(page.url.rpartition("/")[2].partition("?")[0])


def test_a_returning_customer_is_received_by_keys_alone(
    desk: Screen, shop: Shop, car: Car, english: English, lang: str
) -> None:
    page = desk.page
    desk.check("reception-empty", english)
    odometer = reading(shop, car) + 10
    # Every key that is no word of the customer's; not one click.
    page.keyboard.type(typed(car.plate))
    page.keyboard.press("Enter")
    expect(page.locator(".o_reception_file")).to_contain_text(car.owner)
    expect(page.locator("input[inputmode=numeric]")).to_be_focused()
    page.keyboard.type(str(odometer))
    page.keyboard.press("Enter")
    expect(page.locator("textarea")).to_be_focused()
    words = f"Squeaks when braking ({lang})"
    page.keyboard.type(words)
    desk.check("reception-known", english)
    page.keyboard.press("Control+Enter")
    order = shop.order(order_of(page), "complaint", "reading_id", "vehicle_id")
    assert order["complaint"] == words
    assert order["reading_id"][1].startswith(f"{odometer:,}")
    assert not desk.errors


def test_at_a_tablet_with_all_that_is_noted(
    desk: Screen, shop: Shop, car: Car, english: English, lang: str
) -> None:
    page = desk.page
    page.set_viewport_size(TABLET)
    page.fill(FIELD, car.plate)
    page.press(FIELD, "Enter")
    page.wait_for_selector(".o_reception_file")
    odometer = reading(shop, car)
    page.locator("input[inputmode=numeric]").fill(str(odometer - 5))
    page.keyboard.press("Tab")
    expect(page.locator(".o_reception_card .alert-warning input")).to_be_visible()
    page.locator("input[inputmode=numeric]").fill(str(odometer + 1))
    page.keyboard.press("Tab")
    expect(page.locator(".o_reception_card .alert-warning input")).to_have_count(0)
    page.locator(".btn-group button").nth(2).click()
    words = f"On the tablet {lang}"
    page.locator("textarea").fill(words)
    page.locator(".o_reception input[type=file]").set_input_files(
        {"name": "scratch.jpg", "mimeType": "image/jpeg", "buffer": PHOTO}
    )
    page.wait_for_selector(".o_reception_photo img")
    sign(page, page.locator(".o_reception_tile").nth(1))
    page.wait_for_selector(".o_reception_tile img")
    add_service(page)
    expect(page.locator(".o_reception_foot b")).not_to_contain_text("0.00")
    desk.check("reception-tablet", english)
    page.set_viewport_size(UPRIGHT)
    desk.check("reception-tablet-upright", english)
    page.locator(".o_reception_foot .btn-primary").dblclick()
    found = order_of(page)
    order = shop.order(
        found, "fuel_level", "reception_signed_by", "condition_photo_ids", "job_ids"
    )
    assert (order["fuel_level"], order["reception_signed_by"]) == (50, car.owner)
    assert len(order["condition_photo_ids"]) == len(order["job_ids"]) == 1
    page.locator(".o_notebook .nav-link", has_text=tab(lang)).click()
    page.wait_for_selector("[name=reception_signature] img")
    desk.check("reception-order", english)
    same = [("complaint", "=", words)]
    assert shop.advisor.call("workshop.order", "search_count", same) == 1


COUNTING = """() => {
    window.presses = { clicks: 0, keys: 0 };
    const count = (kind) => (event) => event.isTrusted && window.presses[kind]++;
    addEventListener("pointerdown", count("clicks"), true);
    addEventListener("keydown", (event) => {
        if (event.key.length > 1 && event.key !== "Control") count("keys")(event);
    }, true);
}"""


@pytest.mark.parametrize("lang", ["en_US"], indirect=True)
def test_the_clicks_of_a_reception_are_few(
    desk: Screen, shop: Shop, car: Car, lang: str
) -> None:
    """A known car: by keys alone, and by finger with fuel and a due service."""
    page = desk.page
    page.evaluate(COUNTING)
    page.keyboard.type(car.plate)
    page.keyboard.press("Enter")
    expect(page.locator("input[inputmode=numeric]")).to_be_focused()
    page.keyboard.type(str(reading(shop, car) + 2))
    page.keyboard.press("Enter")
    expect(page.locator("textarea")).to_be_focused()
    page.keyboard.type("Counted by keys")
    page.keyboard.press("Control+Enter")
    order_of(page)
    assert page.evaluate("window.presses") == {"clicks": 0, "keys": 3}

    page = desk.open("/odoo/reception", FIELD)
    page.evaluate(COUNTING)
    page.keyboard.type(car.plate)
    page.locator(".o_reception_search .btn-primary").click()
    expect(page.locator("input[inputmode=numeric]")).to_be_focused()
    page.keyboard.type(str(reading(shop, car) + 2))
    page.locator(".btn-group button").nth(2).click()
    page.locator(".o_reception_due .btn-outline-primary").first.click()
    page.locator("textarea").click()
    page.keyboard.type("Counted by finger")
    page.locator(".o_reception_foot .btn-primary").click()
    order = shop.order(order_of(page), "fuel_level", "job_ids")
    assert (order["fuel_level"], len(order["job_ids"])) == (50, 1)
    assert page.evaluate("window.presses") == {"clicks": 5, "keys": 0}


def test_what_was_put_off_comes_back_at_one_tap(
    desk: Screen, shop: Shop, car: Car, english: English, lang: str
) -> None:
    [service] = shop.advisor.call(
        "workshop.service", "search", [("code", "=", "FILTERS")]
    )
    [former] = shop.advisor.call(
        "workshop.order",
        "receive",
        {
            "plate": car.plate,
            "odometer": reading(shop, car),
            "complaint": f"Puts off {lang}",
            "service_ids": [service],
        },
    )
    words = f"Wants to ask his wife ({lang})"
    shop.advisor.call(
        "workshop.job", "decline", shop.order(former, "job_ids")["job_ids"], words
    )
    page = desk.page
    page.fill(FIELD, car.plate)
    page.press(FIELD, "Enter")
    row = page.locator(".o_reception_file .o_reception_row", has_text=words)
    row.locator("button").click()
    chosen = page.locator(".o_reception_form .o_reception_row")
    expect(chosen).to_have_count(1)
    expect(page.locator(".o_reception_foot b")).not_to_contain_text("0.00")
    desk.check("reception-put-off", english)
    page.locator("input[inputmode=numeric]").fill(str(reading(shop, car)))
    page.locator(".o_reception_foot .btn-primary").click()
    [job] = shop.order(order_of(page), "job_ids")["job_ids"]
    [same] = shop.advisor.call("workshop.job", "read", [job], ["service_id", "state"])
    assert (same["service_id"][0], same["state"]) == (service, "proposed")


def tab(lang: str) -> str:
    return "Reception" if lang == "en_US" else "接车"


def lose_answer(route: Route) -> None:
    """The server gets it, its answer is lost."""
    route.fetch()
    route.abort()


def add_service(page: Page) -> None:
    field = page.locator(".o_reception_form .o-autocomplete input").last
    field.click()
    page.locator(".o-autocomplete--dropdown-item").first.click()
    page.wait_for_selector(".o_reception_form .o_reception_row")


def test_a_new_car_by_its_label(
    desk: Screen, shop: Shop, english: English, lang: str
) -> None:
    page = desk.page
    page.fill(FIELD, MISREAD_VIN)
    page.press(FIELD, "Enter")
    suggestion = page.locator(".o_reception .alert-warning .btn-warning")
    expect(suggestion).to_contain_text(UNKNOWN_VIN)
    desk.check("reception-misread", english)
    page.fill(FIELD, f"*I{UNKNOWN_VIN}*")
    page.press(FIELD, "Enter")
    expect(page.locator(".o_reception_note")).to_contain_text("SAIC Volkswagen")
    desk.check("reception-new", english)
    # A closed lid loses nothing.
    page.locator("textarea").fill("Smells of petrol")
    page.reload()
    expect(page.locator("textarea")).to_have_value("Smells of petrol")
    assert not desk.errors


@pytest.mark.parametrize("lang", ["en_US"], indirect=True)
def test_a_broken_line_makes_no_second_order(
    desk: Screen, shop: Shop, car: Car, lang: str
) -> None:
    page = desk.page
    page.fill(FIELD, car.plate)
    page.press(FIELD, "Enter")
    page.wait_for_selector(".o_reception_file")
    page.locator("input[inputmode=numeric]").fill(str(reading(shop, car)))
    words = f"Line broke {lang}"
    page.locator("textarea").fill(words)
    received = "**/workshop.reception/receive"
    page.route(received, lose_answer)
    page.locator(".o_reception_foot .btn-primary").click()
    expect(page.locator(".o_reception > .alert-danger")).to_be_visible()
    page.unroute(received)
    page.locator(".o_reception_foot .btn-primary").click()
    order = order_of(page)
    assert shop.order(order, "complaint")["complaint"] == words
    same = [("complaint", "=", words)]
    assert shop.advisor.call("workshop.order", "search_count", same) == 1
