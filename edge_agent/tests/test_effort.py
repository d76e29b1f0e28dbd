"""What moves and is no code is searched within a ration; a code is not rationed."""

from collections.abc import Callable

import numpy as np

from edge_agent.camera import CameraError, CameraFeed, Frame
from edge_agent.camera.scene import Scene, make_page
from edge_agent.scan import Reader, Scanner
from edge_agent.scan.effort import SAVED_SECONDS, SHARE, Effort
from edge_agent.scan.straight import quantile

from . import printed


class Hands:
    """Clock and processor time that are moved by hand."""

    def __init__(self) -> None:
        self.now = self.worked = 0.0
        self.effort = Effort(clock=lambda: self.now, work=lambda: self.worked)

    def search(self, cost: float, read: bool = False) -> None:
        self.effort.begin()
        self.worked += cost
        self.effort.end(read)


def test_a_quiet_bay_looks_hard_for_seconds_then_for_its_share() -> None:
    hands = Hands()
    looked = 0
    for _ in range(5 * 600):  # ten minutes of frames in which all moves
        if hands.effort.affords():
            looked += 1
            hands.search(0.1)
        hands.now += 0.2
    spent = looked * 0.1
    assert spent <= SAVED_SECONDS + 600 * SHARE + 0.1
    assert spent >= SAVED_SECONDS + 600 * SHARE - 0.2


def test_what_was_read_costs_nothing() -> None:
    hands = Hands()
    for _ in range(100):
        assert hands.effort.affords()
        hands.search(0.1, read=True)


def test_the_purse_fills_again_but_not_beyond_its_brim() -> None:
    hands = Hands()
    hands.search(SAVED_SECONDS + 1)
    assert not hands.effort.affords()
    hands.now += 1.5 / SHARE
    assert hands.effort.affords()
    hands.now += 1e6
    hands.effort.affords()
    hands.search(SAVED_SECONDS)
    assert not hands.effort.affords()


def scanner(effort: Effort, heard: Callable[[str], object]) -> Scanner:
    def none() -> object:
        raise CameraError("none")

    feed = CameraFeed(none)  # type: ignore[arg-type]
    return Scanner(feed, heard, Reader(budget=10), effort=effort)


def test_a_spent_purse_leaves_what_looks_like_a_code_to_the_first_passes() -> None:
    """The same hard sheets: fewer are read at once, none is out of reach."""
    small = printed.sheet_image(printed.text("order"), qr_mm=17)
    page = make_page("sheet.png", small)
    frames = [Scene(seed).hold([page], 0) for seed in range(20)]
    read = {rich: sum(_read(frame, rich) for frame in frames) for rich in (True, False)}
    assert read[True] > read[False] > 0


def _read(frame: Frame, rich: bool) -> bool:
    hands = Hands()
    if not rich:
        hands.search(100)
    heard: list[str] = []
    scanner(hands.effort, heard.append).look(frame)
    return bool(heard)


def test_quantile_is_numpys() -> None:
    random = np.random.default_rng(3)
    for size in (1, 2, 5, 57_600):
        values = random.random((size, 1), np.float32)
        for share in (0, 0.5, 0.995, 1):
            assert np.isclose(quantile(values, share), np.quantile(values, share))
