"""The office's pages in Odoo, in both languages, by the persons who work with them."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import WIDE, Car, Screen
from tests.support.shop import Shop, picture
from workbay_deploy.story.teller import SHEET

AtDesk = Callable[[str], Screen]
English = frozenset[str]
WIDTH = "image => image.decode().then(() => image.naturalWidth)"


def test_the_login_page(
    new_screen: Callable[..., Screen], shop: Shop, english: English
) -> None:
    screen = new_screen(shop.stack.chain.odoo_url, {"width": 1000, "height": 700})
    screen.open("/web/login", "button[type=submit]")
    screen.check("login", english)


def test_the_advisor_sees_the_orders_and_their_evidence(
    at_desk: AtDesk, shop: Shop, car: Car, english: English
) -> None:
    screen = at_desk(shop.login("advisor"))
    screen.open("/odoo/work-orders", ".o_list_view .o_data_row")
    screen.check("order-list", english)
    screen.page.click(".o_switch_view.o_kanban")
    screen.page.wait_for_selector(".o_kanban_record:not(.o_kanban_ghost)")
    screen.check("order-kanban", english)
    page = screen.open(f"/odoo/work-orders/{car.order}", ".o_workshop_timeline")
    expect(page.locator(".o_workshop_timeline_row")).to_have_count(4)
    # Another test adds a video to the car's order.
    thumbnail = page.locator(".o_workshop_timeline_photos img").first
    thumbnail.scroll_into_view_if_needed()
    assert thumbnail.evaluate(WIDTH)
    page.set_viewport_size({**WIDE, "height": 1180})
    screen.check("order-timeline", english)
    thumbnail.click()
    photo = page.locator(".o-FileViewer img.o-FileViewer-viewImage")
    expect(photo).to_be_visible()
    assert (
        photo.evaluate("image => image.decode().then(() => image.naturalWidth)") > 256
    )
    screen.check("order-photo", english)


def test_the_vehicle_file(
    at_desk: AtDesk, shop: Shop, car: Car, english: English
) -> None:
    screen = at_desk(shop.login("advisor"))
    [vehicle] = shop.advisor.call(
        "fleet.vehicle", "search", [("license_plate", "=", car.plate)]
    )
    screen.open(f"/odoo/workshop-vehicles/{vehicle}", ".o_form_view")
    screen.check("vehicle", english)


def test_the_jobs_on_the_floor_by_phase(
    at_desk: AtDesk, shop: Shop, car: Car, english: English
) -> None:
    screen = at_desk(shop.login("store_manager"))
    screen.open("/odoo/floor-jobs", ".o_kanban_group")
    screen.check("floor", english)


def test_the_standards(at_desk: AtDesk, shop: Shop, english: English) -> None:
    screen = at_desk("chen.guoqiang@workbay.example")
    page = screen.open("/odoo/workshop-releases", ".o_data_row")
    page.click(".o_data_row .o_data_cell >> nth=0")
    page.wait_for_selector(".o_form_view")
    screen.check("release", english)


def test_the_devices(at_desk: AtDesk, shop: Shop, english: English) -> None:
    screen = at_desk(shop.login("store_manager"))
    page = screen.open("/odoo/bay-devices", ".o_data_row")
    assert page.locator(".o_data_row").count() >= 2
    screen.check("devices", english)


def test_a_technician_sees_the_work_and_no_prices(
    at_desk: AtDesk, shop: Shop, car: Car, english: English
) -> None:
    screen = at_desk(shop.login("technician"))
    page = screen.open("/odoo/floor-jobs", ".o_kanban_group")
    assert "¥" not in page.inner_text("body")
    page = screen.open(f"/odoo/work-orders/{car.order}", ".o_workshop_timeline")
    assert "¥" not in page.inner_text("body")
    assert page.locator("[name^=amount], [name*=price]").count() == 0
    screen.check("technician-order", english)


def test_the_printed_sheet(shop: Shop, car: Car, shots: Path, lang: str) -> None:
    advisor = shop.advisor
    advisor.call("res.users", "write", [advisor.uid], {"lang": lang})
    suffix = "-zh" if lang == "zh_CN" else ""
    # A session of his own: the report speaks the language of the one who prints.
    shop.forget_session(shop.login("advisor"))
    page = picture(shop.advisor.pdf(SHEET, car.order))
    (shots / f"sheet{suffix}.png").write_bytes(page)
