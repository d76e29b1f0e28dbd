"""A technician at the bay: paper before the camera, a finger on an 800 × 480 screen."""

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

import edge_agent
from tests.browser.conftest import KIOSK, Screen
from tests.support.shop import PHOTO, Shop

STRINGS = Path(edge_agent.__file__).parent / "kiosk" / "static" / "strings"


def test_a_job_from_badge_to_outcome_by_taps(
    new_screen: Callable[..., Screen], shop: Shop, lang: str, english: frozenset[str]
) -> None:
    words = json.loads((STRINGS / f"{lang}.json").read_text())
    other = json.loads((STRINGS / "en_US.json").read_text())
    foreign = english | {
        text for key, text in other.items() if lang != "en_US" and text != words[key]
    }
    order, bay = shop.receive(), shop.bay(2)
    screen = new_screen(shop.stack.chain.kiosk_url(2), KIOSK, has_touch=True)
    page = screen.page
    page.goto(f"{screen.root}/?lang={lang}")
    page.wait_for_selector("main.present")
    screen.check("kiosk-present", foreign)
    shop.present(bay, shop.login("technician"), order)
    page.wait_for_selector("main.order")
    screen.check("kiosk-waiting", foreign)
    # Badge, sheet, one tap.
    page.tap("button.node.primary")
    page.wait_for_selector("main.done-accepted")
    expect(page.locator("h1")).to_have_text(words["recorded"])
    screen.check("kiosk-recorded", foreign)
    page.tap("button.continue")
    page.wait_for_selector(".job-state .phase-in_progress")
    screen.check("kiosk-order", foreign)
    bay.hold_up("photo-1.jpg", PHOTO)
    page.tap("button.node.primary")
    page.wait_for_selector("main.asking button.shoot")
    expect(page.locator("button.confirm")).to_be_disabled()
    page.tap("button.shoot")
    page.wait_for_selector(".taken img")
    expect(page.locator("button.confirm")).to_be_enabled()
    screen.check("kiosk-photo", foreign)
    page.tap("button.confirm")
    page.wait_for_selector("main.done-accepted")
    page.tap("button.continue")
    page.wait_for_selector(".job-state .phase-done")
    page.tap("button.person")
    page.wait_for_selector("main.present")
    bay.put_away()
    events = shop.events(order.id)
    assert [(event["node"], event["effect"]) for event in events] == [
        ("start", "applied"),
        ("finish", "applied"),
    ]
