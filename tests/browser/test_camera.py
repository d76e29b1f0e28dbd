"""The reception's camera button: a VIN's label is held before the browser's camera."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Screen
from tests.support.chromium import CHROMIUM, CHROMIUM_FLAGS
from tests.support.shop import Shop

VIN = "LSVAA2180E2123453"
FIELD = ".o_reception_search input"
HEIGHT, WIDTH = 480, 640
# A square code has to fit into the strip in which Odoo looks for codes.
SQUARE = 116


@pytest.fixture(params=["Code39", "Code128", "QRCode"])
def browser(
    request: pytest.FixtureRequest, browser: Browser, tmp_path: Path
) -> Iterator[Browser]:
    """A browser whose camera sees the label in one of the forms it comes in."""
    label = film(tmp_path / "label.mjpeg", request.param)
    seeing = browser.browser_type.launch(
        executable_path=CHROMIUM,
        args=[
            *CHROMIUM_FLAGS,
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={label}",
        ],
    )
    yield seeing
    seeing.close()


def film(target: Path, form: str) -> Path:
    """What a camera sees of the VIN's label, as motion JPEG of one picture."""
    code = zxingcpp.create_barcode(VIN, getattr(zxingcpp.BarcodeFormat, form))
    label = np.array(zxingcpp.write_barcode_to_image(code, scale=2))
    if form == "QRCode":
        label = cv2.resize(label, (SQUARE, SQUARE), interpolation=cv2.INTER_NEAREST)
    frame = np.full((HEIGHT, WIDTH), 235, np.uint8)
    height, width = label.shape
    top, left = (HEIGHT - height) // 2, (WIDTH - width) // 2
    frame[top : top + height, left : left + width] = label
    _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
    target.write_bytes(jpeg.tobytes() * 10)
    return target


@pytest.mark.parametrize("lang", ["zh_CN"], indirect=True)
def test_a_label_is_read_by_the_camera(
    at_desk: Callable[[str], Screen], shop: Shop, lang: str
) -> None:
    screen = at_desk(shop.login("advisor"))
    page = screen.open("/odoo/reception", FIELD)
    page.locator(".o_reception_search button .fa-camera").click()
    expect(page.locator(".o_reception_note")).to_contain_text("SAIC Volkswagen")
    expect(page.locator(FIELD)).to_have_value(VIN)
    assert not screen.errors
