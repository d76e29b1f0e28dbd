"""One truth on every page of a bay, however long it is open and whatever goes wrong."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.exc import OperationalError

from edge_agent.kiosk import app as kiosk_app
from workbay_contract.codes import code_url

from . import kiosk_bay as kb
from .browsing import Look, Site, board, open_page

WEEK = 7 * 24 * 3600 // 5
"""Heartbeats of a week."""

ONE_PAGE = (
    "() => document.querySelector('main').innerText.replace(/\\d:\\d\\d:\\d\\d/g, '')"
)
HEARD = """() => {
    window.heard = [];
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...when) {
        window.heard.push(this.frequency.value);
        return start.apply(this, when);
    };
}"""
SCANNED, RECORDED, REFUSED = [1320], [880, 1320], [220, 220, 220]


@pytest.fixture
def look(browser: Browser, site: Site) -> Iterator[Look]:
    look = open_page(browser, site)
    yield look
    look.page.context.close()


def begin(look: Look) -> None:
    look.site.come(kb.SMITH)
    look.tap("button.node.primary")
    look.sees("main.done")
    look.tap("button.continue")
    look.sees(".job-state .phase-in_progress")


def same(*pages: Page) -> bool:
    return len({page.evaluate(ONE_PAGE) for page in pages}) == 1


def test_a_second_page_and_a_reload_show_the_same(look: Look, browser: Browser) -> None:
    other = open_page(browser, look.site)
    begin(look)
    look.tap(".job-tab >> nth=2")
    other.sees(".job-tab[aria-current]", "Cabin air filter")
    look.tap(".job-tab >> nth=0")
    look.tap("button.add-photo")
    look.tap("button.shoot")
    look.sees(".taken img")
    look.tap("button.confirm")
    other.sees(".add-photo strong", "1")
    assert same(look.page, other.page)
    look.tap(".job-tab >> nth=1")
    other.sees(".job-tab[aria-current]", "Engine oil and filter")
    look.page.reload()
    look.sees(".job-tab[aria-current]", "Engine oil and filter")
    assert same(look.page, other.page)
    other.tap("button.person")
    look.sees("main.present")
    other.page.context.close()


def test_an_agent_that_comes_back_finds_its_page(look: Look) -> None:
    look.site.come(kb.SMITH)
    look.sees("main.order")
    look.site.server.stop()
    look.sees(".band.bad", "does not answer")
    expect(look.page.locator("button.node.primary")).to_be_disabled()
    look.site.restart()
    expect(look.page.locator(".band.bad")).to_have_count(0)
    look.tap("button.node.primary")
    look.sees("main.done")


def test_a_page_of_another_version_loads_itself_anew(
    look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    look.page.evaluate("() => { window.old = true; }")
    monkeypatch.setattr(kiosk_app, "_page_hash", lambda: "newer")
    look.site.restart()
    look.page.wait_for_function("() => !window.old")
    look.sees("main.present")


def test_a_week_leaves_nothing_behind(look: Look) -> None:
    site, page = look.site, look.page
    begin(look)
    views = [httpx.get(f"{site.url}/api/view?lang=en_US").json()]
    site.world.bay.choose(kb.OIL)
    views.append(httpx.get(f"{site.url}/api/view?lang=en_US").json())
    page.add_init_script("""
        window.EventSource = class {
            constructor() { window.stream = this; this.by = {}; }
            addEventListener(name, call) { this.by[name] = call; }
            close() {}
        };""")
    page.reload()
    page.wait_for_function("() => window.stream?.by.view")
    devtools = page.context.new_cdp_session(page)

    def live_for(beats: int) -> dict[str, float]:
        page.evaluate(
            """async ([views, beats]) => {
                for (let beat = 0; beat < beats; beat += 1) {
                    // Something happens every ten minutes.
                    const view = views[Math.floor(beat / 120) % views.length];
                    view.now += 5000;
                    view.version += 1;
                    window.stream.by.view({ data: JSON.stringify(view) });
                    if (beat % 500 === 0) await new Promise((go) => setTimeout(go));
                }
            }""",
            [views, beats],
        )
        devtools.send("HeapProfiler.collectGarbage")
        devtools.send("Performance.enable")
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        return {row["name"]: row["value"] for row in metrics}

    page.set_default_timeout(120_000)
    before, after = live_for(1000), live_for(WEEK)
    assert after["Nodes"] <= before["Nodes"] * 1.2
    assert after["JSEventListeners"] <= before["JSEventListeners"] * 1.2
    assert after["JSHeapUsedSize"] <= before["JSHeapUsedSize"] + 1_000_000
    look.sees("main.order")
    assert not look.errors


def test_recorded_is_shown_only_once_the_disk_has_it(
    look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = look.site.world.outbox
    record, disk = outbox.record, threading.Event()

    def slow(*given: Any) -> Any:
        disk.wait(20)
        return record(*given)

    monkeypatch.setattr(outbox, "record", slow)
    look.site.come(kb.SMITH)
    look.tap("button.node.primary")
    expect(look.page.locator("button.node.primary")).to_be_disabled()
    look.page.wait_for_timeout(400)
    assert not look.page.locator("main.done").count()
    disk.set()
    look.sees("main.done", "Recorded")


def test_a_disk_that_refuses_is_told(
    look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: Any) -> Any:
        raise OperationalError("insert", {}, Exception("disk is full"))

    monkeypatch.setattr(look.site.world.outbox, "record", full)
    look.site.come(kb.SMITH)
    look.tap("button.node.primary")
    look.sees(".toast.bad", "NOT recorded")
    assert not look.page.locator("main.done").count()


def test_a_double_tap_is_recorded_once(look: Look) -> None:
    look.site.come(kb.SMITH)
    look.sees("button.node.primary")
    look.page.dblclick("button.node.primary")
    look.sees(".phase-in_progress")
    assert [row.node for row in look.site.world.outbox.recent(5)] == ["start"]


@pytest.mark.parametrize("online", [True, False])
@pytest.mark.parametrize(
    ("person", "code", "says"),
    [
        (None, kb.badge(99), "This badge is not known here"),
        (kb.SMITH, code_url(kb.BASE, "order", "f" * 22), "Not known here yet"),
        (kb.SMITH, "https://elsewhere.example/", "not one of ours"),
    ],
)
def test_what_is_not_of_here_is_said_at_once(
    look: Look, person: int | None, code: str, says: str, online: bool
) -> None:
    if not online:
        look.site.offline()
    if person:
        look.site.scan(kb.badge(person))
    look.site.scan(code)
    look.sees(".toast", says)
    # A good one takes it back.
    look.site.scan(kb.sheet())
    expect(look.page.locator(".toast")).to_have_count(0)


@pytest.mark.parametrize("online", [True, False])
def test_a_job_that_the_person_may_not_do_says_why(look: Look, online: bool) -> None:
    if not online:
        look.site.offline()
    look.site.come(kb.WANG_FANG)
    look.sees(".node.shut", "工牌无权")
    expect(look.page.locator(".node.shut")).to_be_disabled()


def test_a_session_that_ended_asks_for_the_badge_again(look: Look) -> None:
    begin(look)
    look.tap("button[data-node=pause]")
    look.site.world.bay.clear_session()
    look.sees("main.present")
    answer = httpx.post(
        f"{look.site.url}/api/confirm",
        content=json.dumps({"job": kb.PADS, "node": "pause", "reason": "parts"}),
        headers={"Origin": look.site.url, "Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "scan_badge_first")


def test_a_bay_without_a_buzzer_is_heard(browser: Browser, site: Site) -> None:
    look = open_page(browser, site)
    look.page.evaluate(HEARD)

    def heard() -> list[float]:
        look.page.wait_for_function("() => window.heard.length")
        pitches: list[float] = look.page.evaluate("() => window.heard.splice(0)")
        return [round(pitch) for pitch in pitches]

    site.scan(kb.badge(kb.SMITH))
    assert heard() == SCANNED
    site.scan(kb.sheet())
    assert heard() == SCANNED
    look.tap("button.node.primary")
    assert heard() == RECORDED
    site.world.answer(result="accepted", effect="held", code="overtaken")
    assert heard() == REFUSED
    site.scan(kb.badge(99))
    assert heard() == REFUSED
    look.page.context.close()


def test_a_bay_with_a_buzzer_has_a_silent_screen(
    browser: Browser, tmp_path: Path
) -> None:
    site = Site(tmp_path, sounds=False)
    site.world.send_board(**board())
    look = open_page(browser, site)
    look.page.evaluate(HEARD)
    site.come(kb.SMITH)
    look.tap("button.node.primary")
    look.sees("main.done")
    assert look.page.evaluate("() => window.heard") == []
    look.page.context.close()
    site.close()
