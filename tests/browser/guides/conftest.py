"""The guides for the people at their screens, walked by the test and pictured.

A guide in docs/guides tells only what its test here has done as that role.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page

from tests.browser.conftest import Screen

PAPER = {"width": 1100, "height": 780}
RING = "0.2rem solid #d6336c"


@dataclass
class Guide:
    """A person's page while a guide is walked; its name names the pictures."""

    screen: Screen
    name: str
    english: frozenset[str]

    @property
    def page(self) -> Page:
        return self.screen.page

    @property
    def lang(self) -> str:
        return self.screen.lang

    def open(self, path: str, selector: str) -> Page:
        """Go to a page of the site and wait for what belongs on it."""
        return self.screen.open(path, selector)

    def say(self, english: str, chinese: str) -> str:
        """A word as the screen has it in the test's language."""
        return chinese if self.lang == "zh_CN" else english

    def picture(self, step: str, *marked: Locator, of: Locator | None = None) -> None:
        """Keep a picture of a step, after the checks that every screen has to pass.

        :param marked: what the reader has to press or read gets a ring.
        :param of: a part of the page; without it, all that is in the window.
        """
        for target in marked:
            # In one step: a list that is drawn again meanwhile is no failure.
            target.evaluate("(element) => element.scrollIntoViewIfNeeded()")
        for target in marked:
            target.evaluate(
                """(element, ring) => {
                    element.dataset.before = element.getAttribute("style") ?? "";
                    element.style.setProperty("outline", ring, "important");
                    element.style.setProperty("outline-offset", "2px", "important");
                }""",
                RING,
            )
        self.screen.check(f"guide-{self.name}-{step}", self.english, of)
        for target in marked:
            target.evaluate(
                """(element) => {
                    element.style.cssText = element.dataset.before;
                    delete element.dataset.before;
                }"""
            )


@pytest.fixture
def guide(
    at_desk: Callable[[str], Screen], english: frozenset[str]
) -> Callable[[str, str], Guide]:
    """Log the guide's reader in: ``guide(login, name)``."""

    def begin(login: str, name: str) -> Guide:
        screen = at_desk(login)
        screen.page.set_viewport_size(PAPER)
        return Guide(screen, name, english)

    return begin
