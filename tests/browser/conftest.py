"""People at their screens: pages that were logged in to, watched for errors."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import polib
import pytest
import zxingcpp
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    expect,
)

from tests.support.shop import PHOTO, Shop, picture
from workbay_deploy.story.teller import SHEET, tell_story

# Other tests run beside these: what is right may come late.
expect.set_options(timeout=30_000)

LANGUAGES = ("en_US", "zh_CN")
CHECKOUT = Path(__file__).parents[2]
WIDE = {"width": 1440, "height": 1000}
PHONE = {"width": 390, "height": 844}
KIOSK = {"width": 800, "height": 480}
TEXTS = """() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement;
        // What the chatter keeps is in the words of its day.
        const passed = "script, style, .o-mail-Message";
        if (parent.closest(passed) || !parent.checkVisibility()) continue;
        texts.push(walker.currentNode.textContent.trim());
    }
    const names = ["title", "placeholder", "aria-label"];
    const named = names.map((name) => `[${name}]`).join();
    for (const element of document.querySelectorAll(named)) {
        if (!element.checkVisibility()) continue;
        for (const name of names) {
            texts.push((element.getAttribute(name) ?? "").trim());
        }
    }
    return texts.filter(Boolean);
}"""


# What Odoo's web client asks before a page is what it will be. Not "networkidle":
# its pages keep a line to the server open.
ASKED = "/web/dataset/"
# So often in succession a page is found drawn, 50 ms apart, before it is used.
LOOKS = 4
READY = """() => document.fonts.status === "loaded"
    && !globalThis.odoo?.__WOWL_DEBUG__?.root.__owl__.app.scheduler.tasks.size
    && [...document.images].every((image) => image.loading === "lazy" || image.complete)
"""


@dataclass(frozen=True)
class Car:
    """A car that was repaired: its order, and what is printed on its sheet."""

    order: int
    name: str
    plate: str
    owner: str
    public_path: str


@dataclass
class Screen:
    """A person's page, watched from its first request on.

    :param errors: what the browser's console complained of.
    :param unanswered: what Odoo was asked and has not answered.
    """

    page: Page
    root: str
    lang: str
    shots: Path
    errors: list[str] = field(default_factory=list)
    unanswered: set[Request] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._ask)
        self.page.on("requestfinished", self._answer)
        self.page.on("requestfailed", self._answer)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _ask(self, request: Request) -> None:
        if ASKED in request.url:
            self.unanswered.add(request)

    def _answer(self, request: Request) -> None:
        self.unanswered.discard(request)

    def open(self, path: str, selector: str) -> Page:
        """Go to a page of the site and wait for what belongs on it.

        Odoo shows first what the browser remembers, then draws it anew with what the
        server says: a click in between may meet a button that goes. An answer is
        drawn some turns after it came, so the page has to stay as it is for a while.
        """
        self.unanswered.clear()
        self.page.goto(self.root + path)
        self.page.wait_for_selector(selector, timeout=60_000)
        deadline = time.monotonic() + 60
        still = 0
        while still < LOOKS:
            assert time.monotonic() < deadline, self.unanswered
            self.page.wait_for_timeout(50)
            drawn = self.page.evaluate(READY) and not self.unanswered
            still = still + 1 if drawn else 0
        return self.page

    def check(
        self, shot: str, english: frozenset[str], of: Locator | None = None
    ) -> None:
        """Keep a picture; no error, and no English of ours on a Chinese page.

        :param of: a part of the page to picture; without it, all in the window.
        """
        suffix = "-zh" if self.lang == "zh_CN" else ""
        (of or self.page).screenshot(path=self.shots / f"{shot}{suffix}.png")
        assert not self.errors
        if self.lang == "zh_CN":
            assert not english.intersection(self.page.evaluate(TEXTS))


def sign(page: Page, opens: Locator) -> None:
    """Write on the glass, and adopt it.

    :param opens: what brings up the glass.
    """
    opens.click()
    canvas = page.locator(".modal canvas")
    expect(canvas).to_be_visible()
    box = canvas.bounding_box()
    assert box
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 100, steps=5)
    page.mouse.up()
    adopt = page.locator(".modal-footer .btn-primary").last
    expect(adopt).to_be_enabled()
    adopt.click()
    expect(canvas).to_have_count(0)


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of the pages are kept."""
    folder = os.environ.get("WORKBAY_SCREENSHOTS")
    path = Path(folder) if folder else tmp_path_factory.mktemp("screenshots")
    path.mkdir(parents=True, exist_ok=True)
    return path


@pytest.fixture(scope="session")
def english() -> frozenset[str]:
    """Every English term of ours that reads otherwise in Chinese."""
    return frozenset(
        entry.msgid.strip()
        for file in CHECKOUT.glob("addons/*/i18n/zh_CN.po")
        for entry in polib.pofile(str(file))
        if entry.msgstr and entry.msgstr != entry.msgid
    )


@pytest.fixture(scope="session")
def car(shop: Shop) -> Car:
    """One car's story, told once for all pages."""
    shop.forget_badges()
    vehicle = shop.vehicle()
    order = tell_story(shop.cast(), lambda who, what: None, vehicle, PHOTO)
    shop.forget_badges()
    shop.wait_for(
        "the order to be done", lambda: shop.order(order, "state")["state"] == "done"
    )

    def verified() -> int:
        domain = [("event_ids.order_id", "=", order), ("state", "=", "verified")]
        return int(shop.advisor.call("workshop.media", "search_count", domain))

    shop.wait_for("the photo", verified)
    row = shop.order(order, "name", "partner_id")
    sheet = picture(shop.advisor.pdf(SHEET, order))
    [code] = zxingcpp.read_barcodes(
        cv2.imdecode(np.frombuffer(sheet, np.uint8), cv2.IMREAD_GRAYSCALE)
    )
    return Car(
        order=order,
        name=row["name"],
        plate=vehicle["plate"],
        owner=row["partner_id"][1],
        public_path="/o/" + code.text.rpartition("/o/")[2],
    )


@pytest.fixture(params=LANGUAGES)
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def new_screen(
    browser: Browser, shop: Shop, shots: Path, lang: str
) -> Iterator[Callable[..., Screen]]:
    """Open a window in the test's language."""
    contexts: list[BrowserContext] = []

    def open_screen(root: str, viewport: dict[str, int], **more: Any) -> Screen:
        context = browser.new_context(
            viewport=viewport,
            locale=lang.replace("_", "-"),
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
            **more,
        )
        contexts.append(context)
        return Screen(page=context.new_page(), root=root, lang=lang, shots=shots)

    yield open_screen
    for context in contexts:
        context.close()


@pytest.fixture
def at_desk(
    new_screen: Callable[..., Screen], shop: Shop, lang: str
) -> Callable[[str], Screen]:
    """Log a person in by the form; Odoo speaks the test's language with him."""

    def log_in(login: str) -> Screen:
        session = shop.session(login)
        session.call("res.users", "write", [session.uid], {"lang": lang})
        screen = new_screen(shop.stack.chain.odoo_url, WIDE)
        page = screen.open("/web/login", "input[name=login]")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", shop.password)
        page.press("input[name=password]", "Enter")
        page.wait_for_selector(".o_main_navbar", timeout=60_000)
        return screen

    return log_in
