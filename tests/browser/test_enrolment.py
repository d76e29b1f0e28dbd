"""Enrolling a unit as people see it: the manager's form and the unit's screen."""

import io
from collections.abc import Callable, Iterator

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Screen
from tests.support.shop import Shop, picture
from tests.support.unit import BayUnit, bay_by_code, make_code
from workbay_contract.enrolment import read_enrolment_code
from workbay_deploy.stack import Stack


@pytest.fixture
def unit(stack: Stack) -> Iterator[BayUnit]:
    unit = BayUnit(stack)
    unit.start()
    yield unit
    stack.stop_service(unit.service.name)


def _read(image: bytes) -> str:
    [code] = zxingcpp.read_barcodes(
        Image.open(io.BytesIO(image)), formats=zxingcpp.BarcodeFormat.QRCode
    )
    return str(code.text)


def test_the_manager_shows_and_prints_a_code(
    at_desk: Callable[[str], Screen], shop: Shop, english: frozenset[str]
) -> None:
    screen = at_desk(shop.login("store_manager"))
    bay = bay_by_code(shop, "B1")
    page = screen.open(f"/odoo/workshop-bays/{bay}", ".o_form_view")
    page.click(".o_statusbar_buttons button")
    dialog = page.locator(".modal-dialog")
    # A device is at work at the first bay: the form warns.
    expect(dialog.locator(".alert-warning")).to_be_visible()
    screen.check("enrol-warning", english)
    dialog.locator("button[name=action_show]").click()
    code = page.locator(".modal-dialog .o_field_image img")
    expect(code).to_be_visible()
    assert read_enrolment_code(_read(code.screenshot())) is not None
    screen.check("enrol-code", english)
    wizard = shop.manager.call("workshop.bay.enrol", "create", {"bay_id": bay})
    sheet = picture(shop.manager.pdf("workshop_edge.report_bay_enrol", wizard))
    assert read_enrolment_code(_read(sheet)) is not None


def test_a_fresh_unit_asks_for_its_code_and_becomes_a_bay_under_the_same_page(
    browser: Browser, shop: Shop, unit: BayUnit
) -> None:
    page = browser.new_page(viewport={"width": 800, "height": 480})
    page.goto(unit.url)
    expect(page.locator("#title-zh")).to_have_text("请将登记码对准摄像头")
    expect(page.locator("#title-en")).to_contain_text("enrolment code")
    fits = "() => document.documentElement.scrollHeight <= innerHeight"
    assert page.evaluate(fits)
    unit.hold_up(make_code(shop, bay_by_code(shop, "B3")))
    expect(page.locator("main")).to_have_attribute("data-phase", "done", timeout=30_000)
    expect(page.locator("#text-en")).to_contain_text(shop.store)
    assert page.evaluate(fits)
    unit.wait_online()
    # Nobody touched the screen: the bay's own page has come by itself.
    expect(page.locator("#app header")).to_be_visible(timeout=30_000)
    page.close()
