"""What a guide finds in the store: cars of a brand, an empty shelf, and the menu."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from tests.support.shop import Shop

# A brand's own oil filter, in whose place the kit has one that fits every car.
FILTERS = {
    "Toyota": "TOY-90915-YZZE1",
    "BYD": "BYD-473-1012",
    "Honda": "HON-15400-RTA",
    "Nissan": "NIS-15208-65F0E",
    "Wuling": "WUL-9052781",
}
SUBSTITUTE = "MAN-W712-95"


@dataclass(frozen=True)
class Short:
    """An authorised order one of whose parts is not in the store."""

    id: int
    name: str
    job: int
    part: str


@contextmanager
def short_order(shop: Shop) -> Iterator[Short]:
    """A car received for an oil change while the filter of its brand is sold out."""
    car = _new_car(shop, list(FILTERS))
    part = FILTERS[car["brand_id"][1]]
    count_shelf(shop, part, 0)
    order = receive(shop, "OIL-FS", car)
    row = shop.order(order, "name", "job_ids")
    try:
        yield Short(order, row["name"], row["job_ids"][0], part)
    finally:
        count_shelf(shop, part, 20)


def receive(shop: Shop, service: str, car: dict[str, Any] | None = None) -> int:
    """Receive a car for one service, and authorise it."""
    advisor = shop.advisor
    car = car or _new_car(shop)
    [order] = advisor.call(
        "workshop.order",
        "receive",
        {
            "plate": car["license_plate"],
            "odometer": int(car["odometer"]) + 41,
            "service_ids": advisor.call(
                "workshop.service", "search", [("code", "=", service)]
            ),
        },
    )
    advisor.call("workshop.order", "action_authorise", [order])
    return int(order)


def _new_car(shop: Shop, brands: list[str] | None = None) -> dict[str, Any]:
    """A car that never was in a store's work.

    One that came and left again, when other tests have taken all of the demo's.
    """
    kind = [("model_id.brand_id.name", "in", brands)] if brands else []
    seen = shop.advisor.call("workshop.order", "search_read", [], ["vehicle_id"])
    known = [each["vehicle_id"][0] for each in seen]
    found = _car(shop, [*kind, ("id", "not in", known)])
    if not found:
        [like] = _car(shop, [*kind, ("id", "in", known)])
        plate = shop.another_car(like["id"])["plate"]
        found = _car(shop, [("license_plate", "=", plate)])
    return found[0]


def _car(shop: Shop, domain: list[Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shop.advisor.call(
        "fleet.vehicle",
        "search_read",
        domain,
        ["license_plate", "odometer", "brand_id"],
        limit=1,
        order="id",
    )
    return found


@contextmanager
def at_work(shop: Shop, login: str, job: int) -> Iterator[None]:
    """Somebody has started a job; his clock stands still again in the end."""
    person = shop.session(login)
    person.call("workshop.job", "confirm_node", [job], "start")
    try:
        yield
    finally:
        [row] = person.call("workshop.job", "read", [job], ["running_user_id"])
        if row["running_user_id"]:
            person.call("workshop.job", "confirm_node", [job], "pause", reason="other")


def count_shelf(shop: Shop, part: str, quantity: float) -> None:
    """Count the store's stock of a part anew, as the parts keeper does."""
    keeper = shop.session(shop.login("parts_keeper"))
    quants: list[int] = keeper.call(
        "stock.quant",
        "search",
        [
            ("product_id.default_code", "=", part),
            ("location_id.usage", "=", "internal"),
        ],
    )
    keeper.call("stock.quant", "write", quants, {"inventory_quantity": quantity})
    keeper.call("stock.quant", "action_apply_inventory", quants)


def choose(page: Page, *menus: str) -> None:
    """Go by the menu; what does not fit beside each other stands behind the plus."""
    for menu in menus:
        entries = page.locator(f"[data-menu-xmlid='{menu}']:visible")
        if not entries.count():
            # There a section is a heading, with its entries below it.
            more = page.locator(".o_menu_sections_more:visible")
            if menu != menus[-1] or len(menus) == 1:
                more.click()
            if menu != menus[-1]:
                continue
        entries.first.click()


def pick(page: Page, field: str, text: str, within: str = ".modal") -> None:
    """Choose among the few records that a field offers."""
    page.locator(f"{within} [name={field}] input").click()
    page.locator(".o-autocomplete--dropdown-item", has_text=text).first.click()


def look_up(page: Page, field: str, text: str, within: str = ".modal") -> None:
    """Choose a record by typing its name."""
    page.locator(f"{within} [name={field}] input").fill(text)
    page.locator(".o-autocomplete--dropdown-item", has_text=text).first.click()
