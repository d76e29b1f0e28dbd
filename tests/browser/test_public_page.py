"""Who holds the sheet sees how far the work is, and nothing personal."""

from collections.abc import Callable

from tests.browser.conftest import PHONE, Car, Screen
from tests.support.shop import Shop


def test_the_public_page_on_a_phone_names_nobody(
    new_screen: Callable[..., Screen],
    shop: Shop,
    car: Car,
    english: frozenset[str],
) -> None:
    screen = new_screen(shop.stack.chain.odoo_url, PHONE, device_scale_factor=2)
    page = screen.open(car.public_path, "ol li")
    text = page.inner_text("body")
    html = page.content()
    assert car.name in text
    assert page.locator("ol li").count() == 3
    cast = shop.cast()
    persons = [shop.session(login).name for login in (cast.technician, cast.inspector)]
    for secret in (car.owner, car.plate, *persons, cast.advisor.name):
        assert secret not in html, secret
    image = page.locator(".photos img").first
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    screen.check("public-page", english)
