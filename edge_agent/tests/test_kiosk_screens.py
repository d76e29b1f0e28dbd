"""Every screen that a technician meets, at 800 × 480, in both languages and lights."""

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
import zxingcpp
from playwright.sync_api import Browser, expect

from workbay_contract.process import CheckItem, Measurement

from . import kiosk_bay as kb
from .browsing import PAIR_CODE_DRAWN, Look, Site, board, finish_demands, open_page

PHONE = {"width": 390, "height": 844}
PHOTO = {
    "name": "brakes.jpg",
    "mimeType": "image/jpeg",
    "buffer": cv2.imencode(".jpg", np.full((600, 800, 3), 120, np.uint8))[1].tobytes(),
}
OTHER_PHOTO = {
    **PHOTO,
    "buffer": cv2.imencode(".jpg", np.full((600, 800, 3), 60, np.uint8))[1].tobytes(),
}
SHOWN = [("en_US", "light"), ("zh_CN", "dark")]
OTHERWISE = [("en_US", "dark"), ("zh_CN", "light")]


@pytest.fixture(params=SHOWN, ids=lambda shown: "-".join(shown))
def look(
    request: pytest.FixtureRequest, browser: Browser, site: Site
) -> Iterator[Look]:
    lang, theme = request.param
    site.world.send_board(2, **board(lang=lang))
    look = open_page(browser, site, lang, theme)
    yield look
    look.page.context.close()


@pytest.mark.parametrize("look", SHOWN + OTHERWISE, indirect=True, ids="-".join)
def test_a_job_from_badge_to_finish(look: Look) -> None:
    site, page = look.site, look.page
    look.check("present")
    site.scan(kb.badge(look.person))
    look.sees(".tile.is-shown")
    look.check("badge")
    site.scan(kb.sheet())
    look.sees("main.order")
    look.check("order")
    look.tap(".tab-pages button:last-child")
    look.check("order-more-jobs")
    look.tap(".tab-pages button:first-child")
    # Badge, sheet, one tap.
    look.tap("button.node.primary")
    look.sees("main.done-waiting")
    look.check("recorded")
    site.world.answer(result="accepted", effect="applied")
    look.sees("main.done-accepted")
    look.check("accepted")
    look.tap("button.continue")
    look.sees(".job-state .phase-in_progress")
    look.check("running")
    look.tap("button[data-node=pause]")
    look.sees("main .reasons")
    look.check("reasons")
    look.tap("button.back")
    look.tap("button[data-node=finish]")
    look.sees("button.shoot.due")
    expect(page.locator(".live-picture.on")).to_be_visible()
    expect(page.locator("button.confirm")).to_be_disabled()
    look.check("photo")
    look.tap("button.shoot")
    look.sees(".taken img")
    look.check("photo-taken")
    # No good: it is taken back, and taken anew.
    look.tap("button.retake")
    expect(page.locator(".thumb")).to_have_count(0)
    look.tap("button.shoot")
    look.sees(".taken img")
    look.tap("button.confirm")
    look.sees("main.done-waiting")
    [finish, start] = site.world.outbox.recent(5)
    assert (start.node, finish.node) == ("start", "finish")


FULL = {
    "en_US": ("disk is full.", "not kept", "The lead will have to sign"),
    "zh_CN": ("工位磁盘已满", "无法保存", "须由技师组长签字"),
}


@pytest.mark.parametrize("look", SHOWN + OTHERWISE, indirect=True, ids="-".join)
def test_a_full_disk_is_told_before_anything_is_confirmed(
    look: Look,
) -> None:
    site, page, told = look.site, look.page, FULL[look.lang]
    demands = finish_demands(photos=1, signature="customer")
    site.world.send_board(3, **board(lang=look.lang, processes=demands))
    site.come(look.person)
    look.tap("button.node.primary")
    look.tap("button.continue")
    site.world.media._budget = 0
    look.sees("main.order")
    expect(page.locator(".band")).to_have_count(0)
    look.tap("button[data-node=finish]")
    look.tap(".demand:has-text('0')")
    look.tap("button.shoot")
    look.sees(".taken figcaption", told[1])
    for words in told:
        look.sees(".band.warn", words)
    page.wait_for_function("() => document.querySelector('.taken img').naturalWidth")
    look.check("photo-not-kept")
    look.tap("button.another")
    look.tap("button.shoot.record")
    look.sees(".toast", "视频" if look.lang == "zh_CN" else "video")
    look.tap(".toast")
    look.errors.clear()  # the browser tells of every 409
    look.tap("button.confirm")  # back to what is asked for
    look.sees("main .demands")
    look.check("demands-not-kept")
    look.tap("button.back")
    look.sees(".band.warn", told[0])
    look.check("order-not-kept")
    look.tap("button[data-node=finish]")
    look.tap(".demand:nth-child(2)")
    look.sign()
    look.tap("button.confirm")
    look.sees(".band.warn", "2")
    look.tap("button.confirm")
    look.sees("main.done-waiting")
    expect(page.locator(".band")).to_have_count(0)
    [finish, _start] = site.world.outbox.recent(5)
    assert finish.photos == 2


def test_steps_are_checked_off_and_measured(look: Look) -> None:
    site, page = look.site, look.page
    site.world.send_board(
        3, **board(lang=look.lang, processes=finish_demands(steps="all"))
    )
    site.come(look.person)
    look.tap("button.node.primary")
    look.tap("button.continue")
    look.sees("button[data-node=finish].shut")
    look.check("steps-open")
    # What is missing is one tap away.
    look.tap("button[data-node=finish]")
    tool = "工具：19 mm 套筒" if look.lang == "zh_CN" else "Tool: 19 mm socket"
    look.sees(".step-text", tool)
    look.check("step")
    look.tap("button.confirm")
    look.sees(".key")
    expect(page.locator("button.confirm")).to_be_disabled()
    look.check("step-measured")
    look.type("26.5")
    look.sees(".typed.outside")
    look.check("step-outside")
    look.tap("button.confirm")
    look.sees(".checked.outside")
    look.check("step-outside-kept")
    look.tap("button.back")
    # The next one that is missing, then the one that is outside.
    look.tap("button[data-node=finish]")
    look.type("110")
    look.tap("button.confirm")
    look.sees("main.order")
    look.check("step-outside-refuses")
    look.tap("button[data-node=finish]")
    look.tap(".checked .plain")
    look.type("23")
    look.tap("button.confirm")
    look.tap("button.back")
    look.tap("button[data-node=finish]")
    look.sees("button.shoot.due")


def test_what_a_node_asks_for_is_filled_in(look: Look) -> None:
    site, page = look.site, look.page
    demands = finish_demands(
        checklist=(
            CheckItem(code="nuts", name=kb.text("Nuts tightened", "螺母已紧固")),
        ),
        measurements=(
            Measurement(
                code="depth",
                name=kb.text("Tread depth", "胎纹深度"),
                unit="mm",
                limit_min=1.6,
            ),
        ),
        signature="customer",
    )
    site.world.send_board(3, **board(lang=look.lang, processes=demands))
    site.come(look.person)
    look.tap("button.node.primary")
    look.tap("button.continue")
    look.tap("button[data-node=finish]")
    look.sees(".demand")
    look.check("demands")
    look.tap(".demand >> nth=0")
    look.sees(".demand.is-done")
    look.tap(".demand >> nth=1")
    look.type("1.2")
    look.sees(".typed.outside")
    look.check("demand-outside")
    look.tap("button.confirm")
    look.sees(".demand.outside")
    expect(page.locator("button.confirm")).to_be_disabled()
    look.tap(".demand >> nth=1")
    look.type("2.4")
    look.tap("button.confirm")
    look.tap(".demand >> nth=2")
    look.tap("button.shoot")
    look.sees(".taken img")
    look.tap("button.confirm")
    look.tap(".title-bar button:last-child")
    look.tap(".demand >> nth=0")
    look.sign()
    look.check("signature")
    look.tap("button.confirm")
    look.sees(".demands")
    expect(page.locator("button.confirm")).to_be_enabled()
    look.check("demands-done")
    look.tap("button.confirm")
    look.sees("main.done-waiting")
    [event] = [row for row in site.world.outbox.recent(5) if row.node == "finish"]
    assert b'"signature":"' in event.data
    assert b'{"code":"depth","value":"2.4"}' in event.data


def test_offline_everything_goes_on_and_says_so(look: Look) -> None:
    site, page = look.site, look.page
    site.offline()
    site.come(look.person)
    look.sees(".net-offline")
    look.check("offline-order")
    look.tap("button.node.primary")
    look.sees("main.done-waiting .done-result")
    look.check("offline-recorded")
    look.tap("button.continue")
    expect(page.locator(".foot-waiting")).to_contain_text("1")
    look.check("offline-waiting")
    site.online()
    site.world.answer(result="accepted", effect="applied")
    look.sees(".foot-last.result-accepted")
    expect(page.locator(".net-online")).to_be_visible()


def test_what_came_of_it_later_follows_the_person(look: Look) -> None:
    site = look.site
    site.come(look.person)
    look.tap("button.node.primary")
    look.tap("button.continue")
    site.world.answer(result="accepted", effect="held", code="overtaken")
    look.sees(".foot-issues")
    look.tap(".foot-issues")
    look.check("issues")
    look.tap("button.back")
    look.tap("button.person")
    look.sees("main.present .how")
    # Elsewhere the board brings it, as soon as the badge is shown.
    issue = site.world.issue(person=look.person, job=kb.OIL, code="order_closed")
    site.world.send_board(3, **board(lang=look.lang, issues=(issue,)))
    site.scan(kb.badge(look.person))
    look.sees(".trouble")
    look.check("trouble")
    look.tap(".trouble")
    look.sees(".row.result-held")
    look.check("issues-of-board")


@pytest.mark.parametrize("state", ["alarm", "not_authorized", "version", "expired"])
def test_what_is_wrong_with_the_bay_is_said(look: Look, state: Any) -> None:
    look.site.world.connection = state
    look.site.world.bay.announce()
    look.sees(".band")
    look.check(f"net-{state}")
    look.site.come(look.person)
    look.sees("main.order")
    look.check(f"net-{state}-order")


def test_a_phone_is_paired_and_its_photo_counts(look: Look, browser: Browser) -> None:
    site, page = look.site, look.page
    site.come(look.person)
    look.tap("button.node.primary")
    look.tap("button.continue")
    look.tap("button.pair-phone")
    page.wait_for_function(PAIR_CODE_DRAWN)
    look.check("pair")
    shown = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), 0)
    [code] = zxingcpp.read_barcodes(shown)
    phone = browser.new_context(
        viewport=PHONE,
        has_touch=True,
        is_mobile=True,
        color_scheme=look.theme,  # type: ignore[arg-type]
    ).new_page()
    phone.goto(code.text)
    expect(phone.locator("#plate")).to_have_text("沪A·8K215")
    look.sees(".pair-phone strong")  # the screen says that it is there
    assert code.text.partition("#")[2] not in phone.url
    expect(phone.locator("#steps li")).to_have_count(3)
    phone.set_input_files("#camera", files=[PHOTO])
    look.sees(".add-photo strong", "1")
    expect(phone.locator("#said")).to_contain_text("1")
    look.keep("phone", phone)
    site.world.media._budget = 0
    phone.set_input_files("#camera", files=[OTHER_PHOTO])
    for words in FULL[look.lang]:
        expect(phone.locator("#said.bad")).to_contain_text(words)
    look.keep("phone-not-kept", phone)
    assert phone.evaluate("() => document.body.scrollWidth <= innerWidth")
    # The job is done: so is the phone.
    look.tap("button[data-node=finish]")
    look.tap("button.confirm")
    expect(phone.locator("#said.bad")).to_be_visible()
    expect(phone.locator("#shoot")).to_be_hidden()
    look.keep("phone-ended", phone)
    phone.context.close()
