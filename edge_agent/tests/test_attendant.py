import pytest

from edge_agent.attendant import Attendant
from edge_agent.identity import Identity
from edge_agent.kiosk import Notices
from edge_agent.outbox import Outbox
from edge_agent.panel import Button, Light, Tone
from edge_agent.panel.fakes import FakePanel

from .test_bay import SHEET, TESS, World


class Floor:
    def __init__(self, device: Identity, outbox: Outbox) -> None:
        self.world = World(device, outbox)
        self.world.board()
        self.panel, self.notices = FakePanel(), Notices()
        self.attendant = Attendant(self.world.bay, self.panel, self.notices)
        self.panel.on_button(self.attendant.pressed)

    def look(self) -> tuple[Light, bool]:
        self.attendant.show(self.world.bay.view())
        return self.panel.lights[-1]


@pytest.fixture
def floor(device: Identity, outbox: Outbox) -> Floor:
    return Floor(device, outbox)


def test_scans_are_heard(floor: Floor) -> None:
    floor.attendant.scanned(TESS)
    floor.attendant.scanned(TESS)
    floor.attendant.scanned("https://example.com")
    assert floor.panel.tones == [Tone.SCANNED, Tone.REFUSED]
    notice = floor.notices.last()
    assert notice is not None
    assert notice.code == "foreign_code"


def test_a_badge_shown_before_its_board_came_is_let_in_by_that_board(
    floor: Floor,
) -> None:
    floor.world.board(2, persons=())
    floor.attendant.board_came(floor.world.bay.view().board)
    floor.attendant.scanned(TESS)
    assert floor.world.bay.view().person is None
    floor.attendant.board_came(2)  # no news
    assert floor.panel.tones == [Tone.REFUSED]
    floor.world.board(3)
    floor.attendant.board_came(floor.world.bay.view().board)
    assert floor.panel.tones == [Tone.REFUSED, Tone.SCANNED]
    assert floor.world.bay.view().person is not None


def test_a_button_confirms_the_one_node_it_can_mean(floor: Floor) -> None:
    for text in (TESS, SHEET):
        floor.attendant.scanned(text)
    assert floor.look() == (Light.GREEN, False)
    floor.panel.press(Button.START)
    floor.look()
    assert floor.panel.tones[-1] == Tone.RECORDED
    assert floor.world.job().phase == "in_progress"


def test_a_button_that_needs_the_screen_refuses(floor: Floor) -> None:
    for text in (TESS, SHEET):
        floor.attendant.scanned(text)
    floor.panel.press(Button.FINISH)
    assert floor.panel.tones[-1] == Tone.REFUSED
    floor.panel.press(Button.START)
    floor.panel.press(Button.PAUSE)  # asks for a reason
    assert floor.panel.tones[-1] == Tone.REFUSED
    assert floor.world.job().phase == "in_progress"


def test_a_rejection_is_seen_from_afar(floor: Floor) -> None:
    for text in (TESS, SHEET):
        floor.attendant.scanned(text)
    floor.panel.press(Button.START)
    floor.world.answer("rejected", "none", "order_unknown")
    assert floor.look() == (Light.RED, False)


def test_the_thread_shows_changes_and_ends_dark(floor: Floor) -> None:
    floor.attendant.start()
    floor.attendant.scanned(TESS)
    floor.attendant.stop()
    assert floor.panel.closed
