"""A hand-held scanner at the kiosk types fast; a person types slowly."""

import json
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
import zxingcpp
from playwright.sync_api import Page, expect

from edge_agent.scan.wedge import MOST_CHARACTERS
from tests.browser.conftest import KIOSK, Screen
from tests.browser.test_kiosk import STRINGS
from tests.support.shop import Shop
from workbay_contract.wording import WORDING

BAY = 2
FOREIGN = "https://elsewhere.example/menu"
VIN = "1HGCM82633A004352"
SLOW_MS = 130
"""Between two keys: 90 words a minute."""

GERMAN = {
    **{"Z": "Y", "Y": "Z", "z": "y", "y": "z", ":": "Ö", "/": "-", "-": "ß", "_": "?"},
}
"""What a computer with a German layout makes of the keys of a US keyboard."""

TYPE_AS = """([text, layout]) => {
    // The places of the keys as a US keyboard has them, the meaning by the layout.
    const places = {":": "Semicolon", "/": "Slash", "-": "Minus", "_": "Minus",
        ".": "Period"};
    const press = (key, code, shiftKey) => document.body.dispatchEvent(
        new KeyboardEvent("keydown", {key, code, shiftKey, bubbles: true}));
    for (const sign of text) {
        const place = /[a-z]/i.test(sign) ? `Key${sign.toUpperCase()}`
            : /[0-9]/.test(sign) ? `Digit${sign}` : places[sign];
        const shift = /[A-Z:_]/.test(sign);
        press(layout[sign] ?? sign, place, shift);
    }
    press("Enter", "Enter", false);
}"""


@pytest.fixture
def badge(shop: Shop) -> str:
    """The text of a technician's badge."""
    image = np.frombuffer(shop.badge(shop.login("technician")), np.uint8)
    [code] = zxingcpp.read_barcodes(cv2.imdecode(image, cv2.IMREAD_GRAYSCALE))
    return str(code.text)


@pytest.fixture
def page(new_screen: Callable[..., Screen], shop: Shop, lang: str) -> Iterator[Page]:
    screen = new_screen(shop.stack.chain.kiosk_url(BAY), KIOSK)
    page = screen.page
    page.goto(f"{screen.root}/?lang={lang}")
    page.wait_for_selector("main.present")
    yield page
    assert not screen.errors
    leave(page)


def leave(page: Page) -> None:
    """Nobody is at the bay, and what was scanned is long ago."""
    page.evaluate(
        """() => fetch("/api/leave", {method: "POST", body: "{}",
            headers: {"Content-Type": "application/json"}})"""
    )
    page.wait_for_timeout(2100)


def scan(page: Page, text: str, end: str = "Enter") -> None:
    """As a scanner does it: every key with its own events, without a pause."""
    page.keyboard.type(text)
    page.keyboard.press(end)


def said(page: Page, code: str, **params: str) -> None:
    """A scan is answered in the language of the store, where nobody is at the bay."""
    lang = page.evaluate("() => fetch('/api/view').then((a) => a.json())")["lang"]
    expect(page.locator(".toast")).to_have_text(WORDING[code][lang].format(**params))


@pytest.mark.parametrize("lang", ["zh_CN"], indirect=True)
@pytest.mark.parametrize(
    ("before", "behind", "end"),
    [("", "", "Enter"), ("]Q1", "", "Enter"), ("~", "$", "Tab")],
)
def test_a_badge_is_scanned_though_no_field_has_the_focus(
    page: Page, badge: str, before: str, behind: str, end: str
) -> None:
    scan(page, before + badge + behind, end)
    expect(page.locator(".person-name")).to_be_visible()


@pytest.mark.parametrize("lang", ["en_US"], indirect=True)
def test_a_keyboard_layout_changes_nothing(page: Page, badge: str) -> None:
    page.evaluate(TYPE_AS, [badge, GERMAN])
    expect(page.locator(".person-name")).to_be_visible()


@pytest.mark.parametrize("lang", ["en_US"], indirect=True)
def test_caps_lock_changes_nothing(page: Page, badge: str) -> None:
    swapped = {sign: sign.swapcase() for sign in badge if sign.isalpha()}
    page.evaluate(TYPE_AS, [badge, swapped])
    expect(page.locator(".person-name")).to_be_visible()


@pytest.mark.parametrize("lang", ["zh_CN"], indirect=True)
def test_what_is_not_ours_is_answered_with_a_sentence(page: Page) -> None:
    scan(page, FOREIGN)
    said(page, "foreign_code")
    scan(page, VIN)
    said(page, "vin_here", vin=VIN)
    scan(page, "1K0 615 301 AA")
    said(page, "part_here", part="1K0 615 301 AA")


@pytest.mark.parametrize("lang", ["en_US"], indirect=True)
def test_four_thousand_characters_are_no_code_of_ours(page: Page) -> None:
    page.evaluate(TYPE_AS, ["A" * (MOST_CHARACTERS + 50), {}])
    said(page, "foreign_code")


@pytest.mark.parametrize("lang", ["en_US"], indirect=True)
def test_the_same_code_twice_is_one_scan(page: Page) -> None:
    notices = []
    page.on("response", lambda answer: notices.append(answer.status))
    for _ in range(3):
        page.evaluate(TYPE_AS, [FOREIGN, {}])
    expect(page.locator(".toast")).to_be_visible()
    view = page.evaluate("() => fetch('/api/view').then((answer) => answer.json())")
    first = view["notice"]["number"]
    page.wait_for_timeout(2100)
    scan(page, FOREIGN)
    page.wait_for_function(
        """(first) => fetch("/api/view").then((answer) => answer.json())
            .then((view) => view.notice.number === first + 1)""",
        arg=first,
    )
    assert notices.count(204) >= 4


@pytest.mark.parametrize("lang", ["en_US"], indirect=True)
def test_a_persons_typing_is_no_scan_and_a_scan_leaves_a_field_as_it_was(
    page: Page, badge: str
) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    # The kiosk has no field of its own; a later one has to work as well.
    page.evaluate(
        """() => {
            const form = document.createElement("form");
            form.append(Object.assign(document.createElement("input"), {id: "note"}));
            form.addEventListener("submit", (event) => {
                event.preventDefault();
                form.dataset.sent = "yes";
            });
            document.body.prepend(form);
        }"""
    )
    note = page.locator("#note")
    note.press_sequentially("torque 120", delay=SLOW_MS)
    note.press("Enter")
    expect(note).to_have_value("torque 120")
    expect(page.locator("form")).to_have_attribute("data-sent", "yes")
    assert not [url for url in sent if url.endswith("/api/scan")]
    page.evaluate("() => delete document.querySelector('form').dataset.sent")
    scan(page, badge)
    expect(page.locator(".person-name")).to_be_visible()
    expect(note).to_have_value("torque 120")
    expect(page.locator("form")).not_to_have_attribute("data-sent", "yes")


@pytest.mark.parametrize("lang", ["en_US"], indirect=True)
def test_a_scan_presses_no_button(page: Page, badge: str, lang: str) -> None:
    words = json.loads((STRINGS / f"{lang}.json").read_text())
    theme = page.get_by_role("button", name=words["theme"])
    before = page.locator("html").get_attribute("data-theme")
    theme.focus()
    scan(page, f"QR 1 {badge}")
    expect(page.locator(".person-name")).to_be_visible()
    assert page.locator("html").get_attribute("data-theme") == before
