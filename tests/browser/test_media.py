"""Photos and videos on an order's timeline, and those that did not come."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from edge_agent import video
from tests.browser.conftest import WIDE, Car, Screen
from tests.support.filming import from_an_iphone
from tests.support.shop import Shop
from workbay_deploy import commands, odoo_shell
from workbay_deploy.services import odoo_argv, odoo_env
from workbay_deploy.stack import Stack

BRING = """
import hashlib
def name(data, size=None):
    sha = hashlib.sha256(data).hexdigest()
    env.cr.execute(
        "INSERT INTO workshop_media (sha256, mimetype, size, state)"
        " VALUES (%s, 'video/mp4', %s, 'expected') ON CONFLICT DO NOTHING",
        [sha, len(data)],
    )
    env.cr.execute(
        "INSERT INTO workshop_event_media_rel (event_id, media_id) SELECT e.id, m.id"
        " FROM workshop_event e, workshop_media m WHERE m.sha256 = %s AND e.id ="
        " (SELECT max(event_id) FROM workshop_event_media_rel r JOIN workshop_event v"
        " ON v.id = r.event_id WHERE v.order_id = %s) ON CONFLICT DO NOTHING",
        [sha, ORDER],
    )
    return env["workshop.media"].search([("sha256", "=", sha)])
data = open(FILE, "rb").read()
film = name(data)
if film.state != "verified":
    assert film._store(data) is None
name(b"lost " + FILE.encode())._quarantine("media_lost")
name(b"coming " + FILE.encode())
env.cr.commit()
"""
PLAYED = """video => new Promise((resolve, reject) => {
    video.muted = true;
    video.onerror = () => reject(video.error?.message);
    video.ontimeupdate = () => video.currentTime > 0.2 && resolve(video.videoHeight);
    video.play().catch(reject);
})"""


@pytest.fixture
def film(stack: Stack, car: Car, tmp_path: Path) -> Path:
    """A phone's video, at the order with one on its way and one lost."""
    film = tmp_path / "film.mp4"
    video.transcode(from_an_iphone(tmp_path / "phone.mov"), film)
    _bring(stack, car.order, film)
    return film


@pytest.mark.usefixtures("film")
def test_a_video_from_a_phone_plays_on_the_orders_timeline(
    at_desk: Callable[[str], Screen],
    shop: Shop,
    car: Car,
    english: frozenset[str],
) -> None:
    screen = at_desk(shop.login("advisor"))
    page = screen.open(f"/odoo/work-orders/{car.order}", ".o_workshop_timeline")
    page.set_viewport_size({**WIDE, "height": 1180})
    play = page.locator(".o_workshop_timeline_photo:has(.o_workshop_timeline_play)")
    play.first.scroll_into_view_if_needed()
    expect(page.locator(".o_workshop_timeline_trouble").first).to_be_visible()
    screen.check("order-media", english)
    with page.expect_response("**/web/content/*") as asked:
        play.first.click()
    assert asked.value.status == 206, "in ranges"
    shown = page.locator(".o-FileViewer video")
    expect(shown).to_be_visible()
    assert shown.evaluate(PLAYED) == 640, "upright"
    screen.check("order-video", english)


@pytest.mark.usefixtures("film")
def test_the_stores_list_of_what_did_not_come(
    at_desk: Callable[[str], Screen],
    shop: Shop,
    car: Car,
    english: frozenset[str],
) -> None:
    screen = at_desk(shop.login("store_manager"))
    page = screen.open("/odoo/floor-media", ".o_list_view .o_data_row")
    expect(page.locator(".o_data_row").first).to_contain_text(car.name)
    screen.check("media-quarantined", english)


def _bring(stack: Stack, order: int, film: Path) -> None:
    """Give the order's photographed event a video, one on its way and one lost."""
    film.chmod(0o644)
    commands.run(
        [*odoo_argv(stack.chain, "shell"), *odoo_shell.QUIET],
        log=stack.chain.installed.log,
        env=odoo_env(stack.chain),
        stdin=f"ORDER, FILE = {order}, {str(film)!r}\n{BRING}",
        failure="the video was not stored: see above.",
    )
