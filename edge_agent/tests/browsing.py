"""A real bay's kiosk in a real browser, and what every screen of it has to keep."""

import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import Browser, BrowserContext, Page, expect

from edge_agent.attendant import Attendant
from edge_agent.camera import CameraFeed
from edge_agent.camera.virtual import VirtualSource
from edge_agent.filming import Filming
from edge_agent.kiosk import KioskServer, Notices, build_app
from edge_agent.kiosk.guard import allowed_hosts
from edge_agent.kiosk.pairing import Pairing
from edge_agent.kiosk.phone import build_phone_app
from edge_agent.panel.fakes import FakePanel
from edge_agent.phone import Phones
from workbay_contract.process import Process

from . import kiosk_bay as kb
from .kiosk_bay import KioskBay

SCREEN = {"width": 800, "height": 480}
expect.set_options(timeout=30_000)

LEAST_TEXT = 19
"""Pixels of a 7-inch screen: half a centimetre a line, read at arm's length; what is
read from 2 m is twice that and more."""
LEAST_TAP = 64

LONG = (
    kb.text("Timing belt, water pump and tensioner kit", "更换正时皮带、水泵及张紧轮"),
    kb.text("Air conditioning: clean, disinfect, refill", "空调系统清洗消毒并加注冷媒"),
    kb.text("Wheel alignment", "四轮定位"),
)

FAULTS = """([text, tap]) => {
    const faults = [];
    const say = (what, element) => faults.push(
        `${what}: <${element.tagName} class="${element.getAttribute("class")}">`
        + ` ${element.textContent.trim().slice(0, 40)}`);
    const light = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number)
        .map((c) => c / 255)
        .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
    const paper = (element) => {
        for (let e = element; e; e = e.parentElement) {
            const { backgroundColor: colour } = getComputedStyle(e);
            if (!/^rgba\\(.*, 0\\)$/.test(colour)) return colour;
        }
        return "rgb(255, 255, 255)";
    };
    const { clientWidth: wide, clientHeight: high } = document.documentElement;
    const page = document.scrollingElement;
    if (page.scrollHeight > high || page.scrollWidth > wide) say("scrolls", page);
    const cut = ".head-lines, .foot-text, .person, .tab-text";  // end with dots
    for (const element of document.querySelectorAll("#app *")) {
        if (!element.checkVisibility() || element.closest("svg")) continue;
        const style = getComputedStyle(element);
        const box = element.getBoundingClientRect();
        if (style.overflowY !== "visible" && !element.closest(cut)) {
            // Letters may reach out of their line by a little.
            const [over, aside] = [
                element.scrollHeight - element.clientHeight,
                element.scrollWidth - element.clientWidth,
            ];
            if (over > parseFloat(style.fontSize) / 2 || aside > 2) say("cut", element);
        }
        if (box.right > wide + 1 || box.bottom > high + 1 || box.left < -1) {
            say("outside the screen", element);
        }
        if (element.tagName === "BUTTON") {
            if (Math.min(box.width, box.height) < tap - 0.5) say("small", element);
            for (const part of element.querySelectorAll("*")) {
                const inner = part.getBoundingClientRect();
                if (inner.right > box.right + 1 || inner.bottom > box.bottom + 1) {
                    say("out of its button", element);
                }
            }
        }
        const own = [...element.childNodes].some(
            (node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
        if (!own) continue;
        const size = parseFloat(style.fontSize);
        if (size < text) say(`text of ${size} pixels`, element);
        const [a, b] = [light(style.color), light(paper(element))];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (contrast < (size >= 24 ? 3 : 4.5)) {
            say(`contrast ${contrast.toFixed(1)}`, element);
        }
    }
    return faults;
}"""


PAIR_CODE_DRAWN = """() => document.querySelector(".pair-code")?.width % 8 === 0"""
"""Each module has 8 pixels, be the code of 37 or 41; a bare canvas is 300 wide."""


def board(**further: Any) -> dict[str, Any]:
    """More jobs than have room, steps that can be checked off."""
    steps = tuple(
        step.model_copy(update={"id": at, "is_check": at > 1})
        for at, step in enumerate(kb.steps(), 1)
    )
    order = kb.order()
    more = tuple(
        order.jobs[1].model_copy(update={"id": 104 + at, "name": name})
        for at, name in enumerate(LONG)
    )
    orders = (order.model_copy(update={"jobs": (*order.jobs, *more)}),)
    return {"procedures": {kb.PADS: steps}, "orders": orders, **further}


def finish_demands(**demands: Any) -> dict[int, Process]:
    nodes = tuple(
        node.model_copy(update=demands) if node.code == "finish" else node
        for node in kb.process().nodes
    )
    return {1: Process(code="repair", nodes=nodes)}


@dataclass
class Site:
    """A bay with a camera, an attendant with a panel, and its kiosk's address."""

    folder: Path
    sounds: bool = True
    films: bool = True
    world: KioskBay = field(init=False)
    panel: FakePanel = field(init=False)

    def __post_init__(self) -> None:
        (self.folder / "desk").mkdir()
        self.world = KioskBay.within(self.folder)
        brakes = np.full((600, 1000, 3), (40, 60, 150), np.uint8)
        assert cv2.imwrite(str(self.folder / "desk" / "photo-brakes.jpg"), brakes)
        self.feed = CameraFeed(lambda: VirtualSource(self.folder / "desk"))
        self.notices, self.panel = Notices(), FakePanel()
        self.attendant = Attendant(self.world.bay, self.panel, self.notices)
        self.port, phone_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.pairing = Pairing(Phones(self.world.bay), f"http://127.0.0.1:{phone_port}")
        self.filming = Filming(self.world.bay, self.world.media, self.feed)
        self.server = self._serve()
        self.phone_server = KioskServer(
            build_phone_app(self.world.bay, self.pairing, self.filming),
            "127.0.0.1",
            phone_port,
        )
        self.phone_server.start()
        self.feed.start()

    def _serve(self) -> KioskServer:
        app = build_app(
            self.world.bay,
            self.feed,
            self.notices,
            allowed_hosts("127.0.0.1", self.port),
            typed=self.attendant.scanned,
            sounds=self.sounds,
            pairing=self.pairing,
            filming=self.filming if self.films else None,
        )
        server = KioskServer(app, "127.0.0.1", self.port)
        server.start()
        return server

    def restart(self) -> None:
        """The agent ends and comes back, as at an update."""
        self.server.stop()
        self.server = self._serve()

    def scan(self, text: str) -> None:
        """Somebody holds a code up to the camera."""
        self.attendant.scanned(text)

    def come(self, person: int, sheet: str | None = None) -> None:
        self.scan(kb.badge(person))
        self.scan(sheet or kb.sheet())

    def offline(self) -> None:
        self.world.connection = "offline"
        self.world.bay.announce()

    def online(self) -> None:
        self.world.connection = "online"
        self.world.bay.announce()

    def close(self) -> None:
        self.filming.close()
        self.server.stop()
        self.phone_server.stop()
        self.feed.stop()
        self.world.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


@dataclass
class Look:
    """A page at the bay; ``errors`` is what the browser complained of."""

    site: Site
    page: Page
    lang: str
    theme: str
    errors: list[str] = field(default_factory=list)

    @property
    def person(self) -> int:
        return kb.LI_WEI if self.lang == "zh_CN" else kb.SMITH

    def tap(self, selector: str) -> None:
        self.page.tap(selector)

    def type(self, figures: str) -> None:
        """On the number pad."""
        for sign in figures:
            self.page.tap(f".key:text-is('{sign}')")

    def sign(self) -> None:
        """On the glass, by one stroke."""
        box = self.page.locator("canvas.paper").bounding_box()
        assert box
        self.page.mouse.move(box["x"] + 100, box["y"] + 40)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + 300, box["y"] + 120, steps=5)
        self.page.mouse.up()

    def check(self, name: str) -> None:
        """A picture, and every rule of a screen."""
        self.keep(name, self.page)
        found: list[str] = self.page.evaluate(FAULTS, [LEAST_TEXT, LEAST_TAP])
        assert not found, "\n".join([name, *found])
        assert not self.errors

    def keep(self, name: str, page: Page) -> None:
        """A picture, where somebody wants to look at them."""
        if folder := os.environ.get("WORKBAY_SCREENSHOTS"):
            path = Path(folder) / f"kiosk-{name}-{self.lang}-{self.theme}.png"
            page.screenshot(path=path)

    def sees(self, selector: str, text: str | None = None) -> None:
        place = self.page.locator(selector).first
        expect(place).to_be_visible()
        if text is not None:
            expect(place).to_contain_text(text)


def open_page(
    browser: Browser, site: Site, lang: str = "en_US", theme: str = "light", **more: Any
) -> Look:
    """A page of the bay's own screen; Playwright sets its size by DevTools."""
    viewport = more.pop("viewport", SCREEN)
    context: BrowserContext = browser.new_context(
        viewport=viewport,
        has_touch=True,
        locale=lang.replace("_", "-"),
        timezone_id="Asia/Shanghai",
        color_scheme=theme,  # type: ignore[arg-type]
        reduced_motion="reduce",
        **more,
    )
    page = context.new_page()
    look = Look(site, page, lang, theme)
    page.on("pageerror", lambda error: look.errors.append(str(error)))
    page.on(
        "console",
        lambda said: look.errors.append(said.text) if said.type == "error" else None,
    )
    page.goto(site.url)
    page.wait_for_selector("main")
    size = page.evaluate("() => ({width: innerWidth, height: innerHeight})")
    assert size == viewport
    return look
