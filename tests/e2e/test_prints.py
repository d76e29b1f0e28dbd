"""What is printed is read: each page with a code goes before the virtual camera."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
import zxingcpp

from edge_agent.camera.scene import Scene, make_page
from edge_agent.camera.source import Frame
from edge_agent.scan import Reader
from tests.support.shop import Shop, picture
from workbay_contract.codes import read_code
from workbay_contract.enrolment import read_enrolment_code
from workbay_deploy.story.bay import cut_out

DOTS_PER_MM = 150 / 25.4
LEAST_MODULE_MM = 0.5
"""At 1280 pixels and arm's length a module of it has two pixels."""

QUIET_MODULES = 4
SEEDS = 20

Print = Callable[[Shop], tuple[str, bytes]]


def sheet(shop: Shop) -> tuple[str, bytes]:
    return "sheet.png", shop.receive().sheet


def badge(shop: Shop) -> tuple[str, bytes]:
    return "badge.png", shop.badge(shop.login("technician"))


def enrolment(shop: Shop) -> tuple[str, bytes]:
    [bay, *_] = shop.manager.call("workshop.bay", "search", [])
    wizard = shop.manager.call("workshop.bay.enrol", "create", {"bay_id": bay})
    page = picture(shop.manager.pdf("workshop_edge.report_bay_enrol", wizard))
    return "enrolment.png", cut_out(page)


@pytest.mark.parametrize("printed", [sheet, badge, enrolment])
def test_a_print_is_made_to_be_read(shop: Shop, printed: Print) -> None:
    name, data = printed(shop)
    page = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert page is not None
    text = _check_code(np.asarray(page, np.uint8))
    assert read_code(text) or read_enrolment_code(text)
    reader = Reader()
    held = make_page(name, np.asarray(page, np.uint8))
    read = [
        [code.text for code in reader.read(Scene(seed).hold([held], seed))]
        for seed in range(SEEDS)
    ]
    assert all(texts in ([], [text]) for texts in read)
    assert read.count([text]) >= 0.95 * SEEDS


def _check_code(page: Frame) -> str:
    """Level, size and quiet zone of the one code on a page at 150 dpi; its text."""
    grey = cv2.cvtColor(page, cv2.COLOR_BGR2GRAY)
    [code] = zxingcpp.read_barcodes(grey)
    assert code.ec_level in ("Q", "H")
    drawn = zxingcpp.create_barcode(code.text, code.format, ec_level=code.ec_level)
    modules = np.asarray(drawn.to_image(scale=1, add_quiet_zones=False)).shape[0]
    corner, across = code.position.top_left, code.position.bottom_right
    width = (across.x - corner.x + across.y - corner.y) / 2
    assert width / modules / DOTS_PER_MM >= LEAST_MODULE_MM
    margin = round(QUIET_MODULES * width / modules) - 2
    x0, y0 = corner.x - margin, corner.y - margin
    x1, y1 = across.x + margin, across.y + margin
    assert min(x0, y0) >= 0
    around = grey[y0:y1, x0:x1].copy()
    assert around.shape == (y1 - y0, x1 - x0)
    inner = margin - 2
    around[inner:-inner, inner:-inner] = 255
    assert around.min() > 200, "something is printed in the quiet zone"
    return str(code.text)
