"""docs/guides/technician.md: what a technician does at the bay's screen."""

import json
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import KIOSK, Screen
from tests.browser.guides.conftest import Guide
from tests.browser.test_kiosk import STRINGS
from tests.support.shop import PHOTO, Shop

BAY = 2


def foreign_to(lang: str, english: frozenset[str]) -> frozenset[str]:
    """English words that do not belong on a kiosk in this language."""
    words = json.loads((STRINGS / f"{lang}.json").read_text())
    other = json.loads((STRINGS / "en_US.json").read_text())
    return english | {
        text for key, text in other.items() if lang != "en_US" and text != words[key]
    }


def test_technician_does_a_job(
    new_screen: Callable[..., Screen], shop: Shop, lang: str, english: frozenset[str]
) -> None:
    order, bay = shop.receive(), shop.bay(BAY)
    screen = new_screen(shop.stack.chain.kiosk_url(BAY), KIOSK, has_touch=True)
    guide = Guide(screen, "technician", foreign_to(lang, english))
    page = screen.page
    page.goto(f"{screen.root}/?lang={lang}")
    page.wait_for_selector("main.present .live-picture.on")
    guide.picture("present")
    shop.present(bay, shop.login("technician"), order)
    start = page.locator("button.node.primary")
    expect(start).to_be_visible()
    guide.picture("start", start)
    start.tap()
    page.wait_for_selector("main.done-accepted")
    guide.picture("recorded")
    page.tap("button.continue")
    page.wait_for_selector(".job-state .phase-in_progress")
    guide.picture("running")
    measure(guide)
    page.tap("button[data-node=pause]")
    page.tap(".reasons button >> nth=0")
    page.wait_for_selector("main.done-accepted")
    page.tap("button.continue")
    page.tap("button[data-node=resume]")
    page.wait_for_selector("main.done-accepted")
    page.tap("button.continue")
    bay.hold_up("photo-1.jpg", PHOTO)
    page.tap("button[data-node=finish]")
    page.tap("button.shoot")
    retake = page.locator("button.retake")
    expect(page.locator(".taken img")).to_be_visible()
    guide.picture("photo", retake)
    page.tap("button.another")
    page.tap("button.record")
    stop = page.locator("button.shoot.due")
    expect(page.locator(".film-clock")).to_be_visible()
    expect(stop).to_be_enabled()
    page.wait_for_timeout(2000)
    guide.picture("video", stop)
    stop.tap()
    expect(page.locator("video.film")).to_be_visible()
    page.tap("button.confirm")
    page.wait_for_selector("main.done-accepted")
    page.tap("button.continue")
    page.tap("button.person")
    page.wait_for_selector("main.present")
    bay.put_away()
    applied = [(event["node"], event["effect"]) for event in shop.events(order.id)]
    nodes = ("start", "pause", "resume", "finish")
    assert applied == [(node, "applied") for node in nodes]


def measure(guide: Guide) -> None:
    """Check off the steps up to the first that is measured, outside and then within."""
    page = guide.page
    page.tap("button.procedure")
    while not page.locator(".key").count():
        if page.locator(".step .confirm").count():
            page.tap(".step .confirm")
        else:
            page.tap(".title-bar button >> nth=-1")
        page.wait_for_timeout(300)
    type_in(guide, "99")
    expect(page.locator(".typed.outside")).to_be_visible()
    guide.picture("measure", page.locator(".keys"))
    page.tap(".step .confirm")
    page.tap(".checked.outside .plain")
    type_in(guide, "20")
    page.tap(".step .confirm")
    page.tap("button.back")


def type_in(guide: Guide, figures: str) -> None:
    for sign in figures:
        guide.page.tap(f".key:text-is('{sign}')")
