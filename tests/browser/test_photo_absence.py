"""A photo that will not come: the lead signs for that, and the job is released."""

import base64
import secrets
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Screen
from tests.support.shop import Shop, WorkOrder
from workbay_deploy.story.errors import StoryError

AtDesk = Callable[[str], Screen]
REASON = {"en_US": "The unit was stolen", "zh_CN": "设备被盗"}


@pytest.fixture
def lost(shop: Shop) -> WorkOrder:
    """A finished job whose photo is named and was never brought."""
    order = shop.receive()
    technician = shop.login("technician")
    # Of its own: by its hash it is nobody else's.
    pixels = np.frombuffer(secrets.token_bytes(48 * 64 * 3), np.uint8)
    taken = cv2.imencode(".jpg", pixels.reshape(48, 64, 3))[1].tobytes()
    photos = [base64.b64encode(taken).decode()]
    shop.confirm(technician, order.job, "start")
    shop.confirm(technician, order.job, "finish", photos=photos)
    shop.stack.query(
        "UPDATE workshop_media SET state = 'expected', attachment_id = NULL"
        " WHERE id IN ("
        "SELECT r.media_id FROM workshop_event_media_rel r"
        f" JOIN workshop_event e ON e.id = r.event_id WHERE e.job_id = {order.job})"
    )
    return order


def test_the_lead_signs_for_a_photo_that_will_not_come(
    at_desk: AtDesk, shop: Shop, lost: WorkOrder, english: frozenset[str], lang: str
) -> None:
    inspector = shop.login("qc", other_than=[shop.login("technician")])
    with pytest.raises(StoryError):
        shop.confirm(inspector, lost.job, "qc_pass")
    screen = at_desk(shop.login("technician_lead"))
    page = screen.open(
        f"/odoo/floor-jobs/{lost.job}",
        "button[name=action_awaited_media]",
    )
    screen.check("photo-awaited", english)
    page.click("button[name=action_awaited_media]")
    sign = page.locator(".o_data_row button[name=action_sign_absence]")
    expect(sign).to_have_count(1)
    screen.check("photo-list", english)
    sign.click()
    page.wait_for_selector(".modal .o_form_view")
    page.fill(".modal [name=note] textarea", REASON[lang])
    screen.check("photo-sign", english)
    page.locator(".modal button[name=action_sign]").click()
    page.wait_for_selector(".modal", state="detached")
    shop.confirm(inspector, lost.job, "qc_pass")
    page = screen.open(f"/odoo/work-orders/{lost.id}", ".o_workshop_timeline")
    expect(page.locator(".o_workshop_timeline")).to_contain_text(REASON[lang])
    page.locator(".o_workshop_timeline").scroll_into_view_if_needed()
    screen.check("photo-signed", english)
