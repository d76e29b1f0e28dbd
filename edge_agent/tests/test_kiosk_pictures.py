"""A step's picture on the screen: it comes by itself, and a tap makes it large."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
import zxingcpp
from playwright.sync_api import Browser, expect

from workbay_contract.types import sha256

from . import kiosk_bay as kb
from .browsing import PAIR_CODE_DRAWN, Look, Site, board, finish_demands, open_page


def drawing() -> bytes:
    """A plug and a wrench, more or less."""
    canvas = np.full((500, 800, 3), 255, np.uint8)
    cv2.circle(canvas, (250, 250), 120, (20, 20, 20), 8)
    cv2.line(canvas, (250, 250), (700, 180), (20, 20, 20), 24)
    return bytes(cv2.imencode(".jpg", canvas)[1].tobytes())


PICTURE = drawing()
NAME = sha256(PICTURE)
SHOWN = ".step-picture img"


@pytest.fixture(params=[("en_US", "light"), ("zh_CN", "dark")], ids="-".join)
def look(
    request: pytest.FixtureRequest, browser: Browser, tmp_path: Path
) -> Iterator[Look]:
    site = Site(tmp_path)
    lang, theme = request.param
    steps = board()["procedures"][kb.PADS]
    shown = [step.model_copy(update={"picture": NAME}) for step in steps[:2]]
    site.world.send_board(
        **board(
            lang=lang,
            processes=finish_demands(steps="all"),
            procedures={kb.PADS: (*shown, steps[2])},
        ),
    )
    look = open_page(browser, site, lang, theme)
    yield look
    look.page.context.close()
    site.close()


def keep(site: Site) -> None:
    site.world.pictures.keep(NAME, PICTURE, (NAME,))
    site.world.outbox.changes.bump()


def test_a_picture_appears_by_itself_and_a_tap_makes_it_large(look: Look) -> None:
    site, page = look.site, look.page
    site.come(look.person)
    look.tap("button.node.primary")
    look.tap("button.continue")
    look.tap("button[data-node=finish]")
    look.sees(".step h2")
    expect(page.locator(SHOWN)).to_have_count(0)
    keep(site)
    look.sees(SHOWN)
    page.wait_for_function(f"() => document.querySelector('{SHOWN}').naturalWidth")
    look.check("step-picture")
    look.tap(".step-picture")
    look.sees(".large-picture img")
    look.check("step-picture-large")
    look.tap(".large-picture")
    look.sees(SHOWN)
    look.tap("button.confirm")
    look.sees(".key")
    look.sees(SHOWN)
    look.check("step-picture-measured")
    look.type("23.5")
    look.tap("button.confirm")
    look.sees(".step h2")
    expect(page.locator(SHOWN)).to_have_count(0)


def test_it_is_served_from_the_disk_for_ever_and_nothing_else_is(look: Look) -> None:
    site = look.site
    assert httpx.get(f"{site.url}/api/picture/{NAME}").status_code == 404
    keep(site)
    answer = httpx.get(f"{site.url}/api/picture/{NAME}")
    assert answer.content == PICTURE
    assert answer.headers["content-type"] == "image/jpeg"
    assert "immutable" in answer.headers["cache-control"]
    elsewhere = {"Host": "evil.example.com"}
    answer = httpx.get(f"{site.url}/api/picture/{NAME}", headers=elsewhere)
    assert answer.status_code == 421


def test_a_paired_phone_shows_it_too(look: Look, browser: Browser) -> None:
    site, page = look.site, look.page
    keep(site)
    site.come(look.person)
    look.tap("button.node.primary")
    look.tap("button.continue")
    look.tap("button.pair-phone")
    page.wait_for_function(PAIR_CODE_DRAWN)
    seen = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), 0)
    [code] = zxingcpp.read_barcodes(seen)
    phone = browser.new_context(
        viewport={"width": 390, "height": 844},
        is_mobile=True,
        color_scheme=look.theme,  # type: ignore[arg-type]
    ).new_page()
    phone.goto(code.text)
    expect(phone.locator("#steps img")).to_have_count(2)
    phone.wait_for_function(
        "() => document.querySelector('#steps img').naturalWidth === 800"
    )
    look.keep("phone-picture", phone)
    assert phone.evaluate("() => document.body.scrollWidth <= innerWidth")
    phone.context.close()
