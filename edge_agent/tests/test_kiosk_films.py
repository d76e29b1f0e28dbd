"""Videos on the bay's screen and on a phone, in a real browser, in both languages."""

import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp
from playwright.sync_api import Browser, Page, expect

from tests.support.filming import film, from_an_iphone

from .browsing import PAIR_CODE_DRAWN, Look, Site, board, open_page

PHONE = {"width": 390, "height": 844}
MADE_MS = 60_000
PLAYS = """() => {
    const video = document.querySelector("video.film");
    return video && !video.paused && video.currentTime > 0 && video.videoWidth;
}"""


@pytest.fixture(params=[("en_US", "light"), ("zh_CN", "dark")], ids="-".join)
def look(
    request: pytest.FixtureRequest, browser: Browser, site: Site
) -> Iterator[Look]:
    lang, theme = request.param
    site.world.send_board(2, **board(lang=lang))
    look = open_page(browser, site, lang, theme)
    site.come(look.person)
    look.tap("button.node.primary")
    look.tap("button.continue")
    look.sees(".job-state .phase-in_progress")
    yield look
    look.page.context.close()


def seconds_left(page: Page) -> int:
    minutes, seconds = page.locator(".film-clock").inner_text().split(":")
    return int(minutes) * 60 + int(seconds)


def looked_at(look: Look) -> None:
    """The video is there, however long a busy machine takes over it, and plays."""
    expect(look.page.locator("video.film")).to_be_visible(timeout=MADE_MS)
    look.page.wait_for_function(PLAYS)


def test_a_video_is_recorded_looked_at_taken_anew_and_used(
    look: Look, browser: Browser
) -> None:
    site, page = look.site, look.page
    other = open_page(browser, site, look.lang, look.theme)
    look.tap("button[data-node=finish]")
    look.sees("button.record")
    expect(page.locator(".live-picture.on")).to_be_visible()
    look.check("film-before")
    look.tap("button.record")
    look.sees(".film-clock")
    look.check("film-recording")
    expect(page.locator("button.confirm")).to_be_disabled()
    first = seconds_left(page)
    assert 50 < first <= 60
    page.wait_for_function(
        "then => document.querySelector('.film-clock').textContent !== then",
        arg=page.locator(".film-clock").inner_text(),
    )
    assert seconds_left(page) < first
    other.sees(".add-photo.is-filming")  # a second page shows the same
    other.check("film-elsewhere")
    time.sleep(1)
    look.tap("button.shoot.due")
    looked_at(look)
    look.check("film-taken")
    look.tap("button.retake")
    expect(page.locator(".thumb")).to_have_count(0)
    look.tap("button.record")
    look.sees(".film-clock")
    look.tap("button.give-up")
    look.sees("button.record")
    expect(page.locator(".thumb")).to_have_count(0)
    look.tap("button.record")
    look.sees(".film-clock")
    time.sleep(1)
    look.tap("button.shoot.due")
    looked_at(look)
    look.tap("button.another")
    look.tap(".shoot:not(.record)")
    look.sees(".taken img")
    expect(page.locator(".thumb")).to_have_count(2)
    look.check("film-and-photo")
    look.tap(".thumb >> nth=0")
    looked_at(look)
    look.tap("button.confirm")
    look.sees("main.done-waiting")
    [finish] = [row for row in site.world.outbox.recent(5) if row.node == "finish"]
    assert b'"type":"video/mp4"' in finish.data
    assert b'"type":"image/jpeg"' in finish.data
    other.page.context.close()


def test_a_recording_ends_by_itself_and_is_looked_at(
    look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_agent.recorder.MAX_VIDEO_SECONDS", 2)
    monkeypatch.setattr("edge_agent.filming.MAX_VIDEO_SECONDS", 2)
    look.tap("button.add-photo")
    look.tap("button.record")
    look.sees(".film-clock")
    looked_at(look)


def test_without_ffmpeg_nothing_speaks_of_videos(look: Look) -> None:
    look.site.films = False
    look.site.restart()
    look.page.reload()
    look.tap("button.add-photo")
    look.sees("button.shoot")
    expect(look.page.locator("button.record")).to_have_count(0)
    look.check("film-none")


def test_a_full_disk_is_said_and_nothing_begins(look: Look) -> None:
    look.site.world.media._reserve = 2**60
    look.tap("button.add-photo")
    look.tap("button.record")
    look.sees(".toast.bad")
    look.errors.clear()  # the browser tells of every 409
    look.check("film-full")
    expect(look.page.locator(".film-clock")).to_have_count(0)


def test_a_phones_video_is_sent_made_and_counted(
    look: Look, browser: Browser, tmp_path: Path
) -> None:
    page = look.page
    look.tap("button.pair-phone")
    page.wait_for_function(PAIR_CODE_DRAWN)
    shown = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), 0)
    [code] = zxingcpp.read_barcodes(shown)
    phone = browser.new_context(
        viewport=PHONE,
        has_touch=True,
        is_mobile=True,
        color_scheme=look.theme,  # type: ignore[arg-type]
    ).new_page()
    phone.goto(code.text)
    expect(phone.locator("#film")).to_be_visible()
    assert phone.get_attribute("#video", "accept") == "video/*"
    look.tap("button.add-photo")
    large = film(tmp_path / "large.mp4", 40, "1920x1080")
    phone.set_input_files("#video", str(large))
    expect(phone.locator("#film.busy #film-done")).to_be_visible()
    expect(phone.locator("#film-more")).to_contain_text("%")
    look.keep("phone-film-making", phone)
    look.sees(".film-percent", "%")
    look.check("film-making")
    look.tap("button.give-up")
    # What makes it has the lowest priority, in its end too.
    expect(phone.locator("#film:not(.busy)")).to_be_visible(timeout=MADE_MS)
    phone.set_input_files("#video", str(from_an_iphone(tmp_path / "phone.mov")))
    looked_at(look)
    look.check("film-from-phone")
    expect(phone.locator("#said")).to_contain_text("1")
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(large.read_bytes()[:100_000])
    phone.set_input_files("#video", str(broken))
    expect(phone.locator("#said.bad")).to_be_visible(timeout=MADE_MS)
    assert (
        phone.locator("#said").inner_text().count("。" if look.lang == "zh_CN" else ".")
        <= 2
    )
    look.keep("phone-film-refused", phone)
    assert phone.evaluate("() => document.body.scrollWidth <= innerWidth")
    phone.context.close()
