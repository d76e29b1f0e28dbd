"""What the virtual camera sees is what a camera could see, and the same each time."""

import cv2
import numpy as np
import pytest

from edge_agent.camera.scene import Page, Scene, make_page
from edge_agent.camera.source import FRAME_SIZE
from edge_agent.scan.reader import Reader

from . import printed

SEEDS = 60


@pytest.fixture(scope="module")
def pages() -> dict[str, Page]:
    return {"sheet": printed.sheet(), "badge": printed.badge()}


@pytest.mark.parametrize(("name", "kind"), [("sheet", "order"), ("badge", "badge")])
def test_the_real_reader_reads_what_is_held_up(
    pages: dict[str, Page], name: str, kind: str
) -> None:
    reader = Reader()
    expected = [printed.text("order" if kind == "order" else "badge")]
    results = [
        printed.read(Scene(seed).hold([pages[name]], number=seed), reader)
        for seed in range(SEEDS)
    ]
    assert all(texts in ([], expected) for texts in results), "a code was misread"
    assert results.count(expected) >= 0.95 * SEEDS


def test_sheet_and_badge_side_by_side_are_both_read(pages: dict[str, Page]) -> None:
    reader = Reader()
    seen: set[str] = set()
    for number in range(10):
        frame = Scene(5).hold(list(pages.values()), number)
        seen.update(printed.read(frame, reader))
    assert seen == {printed.text("order"), printed.text("badge")}


def test_same_seed_and_number_give_the_same_frame(pages: dict[str, Page]) -> None:
    page = pages["sheet"]
    first = Scene(7).hold([page], 3)
    assert np.array_equal(first, Scene(7).hold([page], 3))
    assert not np.array_equal(first, Scene(8).hold([page], 3))
    assert not np.array_equal(first, Scene(7).hold([page], 9))


def test_a_frame_has_the_size_and_grain_of_a_camera(pages: dict[str, Page]) -> None:
    scene = Scene(1)
    for frame in (scene.empty(0), scene.hold([pages["badge"]], 0)):
        assert frame.shape == (FRAME_SIZE[1], FRAME_SIZE[0], 3)
        assert frame.dtype == np.uint8
    assert not np.array_equal(scene.empty(0), scene.empty(1))


def test_nothing_held_up_reads_as_nothing() -> None:
    assert printed.read(Scene(1).empty(0)) == []


def test_a_photo_fills_the_frame_whatever_its_shape() -> None:
    for shape in ((300, 400, 3), (2000, 900, 3), (720, 1280, 3)):
        image = np.full(shape, 200, np.uint8)
        frame = Scene(1).photo(image, 0)
        assert frame.shape == (720, 1280, 3)
        assert abs(float(frame.mean()) - 200) < 3


def test_a_page_is_as_large_as_its_shape_says() -> None:
    card = make_page("li.png", np.zeros((540, 856, 3), np.uint8))
    a4 = make_page("sheet.png", np.zeros((3508, 2480, 3), np.uint8))
    assert card.width_mm == pytest.approx(85.6)
    assert a4.width_mm == pytest.approx(210, abs=0.5)
    assert make_page("badge-a4.png", a4.image).width_mm < 86


def test_a_fine_print_is_reduced_once_and_stays_readable() -> None:
    fine = printed.sheet_image(printed.text("order"), dpi=400)
    page = make_page("sheet.png", fine)
    assert page.image.shape[0] < fine.shape[0]
    reduced = cv2.cvtColor(page.image, cv2.COLOR_BGR2GRAY)
    assert printed.read(cv2.cvtColor(reduced, cv2.COLOR_GRAY2BGR))
