import cv2
import numpy as np
import pytest

from edge_agent.attendant import Attendant
from edge_agent.camera import CameraError
from edge_agent.identity import Identity
from edge_agent.kiosk import Notices
from edge_agent.outbox import Outbox
from edge_agent.panel import Button, Light, Tone
from edge_agent.panel.fakes import FakePanel
from workbay_contract.process import Process

from . import making
from .test_bay import SHEET, TESS, World


def picture() -> bytes:
    done, data = cv2.imencode(".jpg", np.full((60, 100, 3), 90, np.uint8))
    assert done
    return data.tobytes()


class Floor:
    def __init__(self, device: Identity, outbox: Outbox) -> None:
        self.world = World(device, outbox)
        self.world.board()
        self.panel, self.notices = FakePanel(), Notices()
        self.camera: bytes | None = picture()
        self.attendant = Attendant(
            self.world.bay, self.panel, self.notices, photo=self._look
        )
        self.panel.on_button(self.attendant.pressed)

    def _look(self) -> bytes:
        if self.camera is None:
            raise CameraError("unplugged")
        return self.camera

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


def test_a_job_is_done_by_buttons_alone(floor: Floor) -> None:
    nodes = tuple(
        node.model_copy(update={"reasons": ("parts", "other")})
        if node.reasons
        else node
        for node in making.PROCESS.nodes
    )
    floor.world.board(2, processes={1: Process(code="m", nodes=nodes)})
    for text in (TESS, SHEET):
        floor.attendant.scanned(text)
    floor.panel.press(Button.FINISH)
    assert floor.panel.tones[-1] == Tone.REFUSED
    floor.panel.press(Button.START)
    floor.panel.press(Button.PAUSE)
    assert floor.world.job().phase == "paused"
    assert floor.world.events()[-1].reason == "other"
    floor.panel.press(Button.START)
    assert floor.world.job().phase == "in_progress"
    # The photo that is due, then the confirmation.
    floor.panel.press(Button.FINISH)
    assert floor.panel.tones[-1] == Tone.SCANNED
    assert floor.world.job().phase == "in_progress"
    floor.panel.press(Button.FINISH)
    assert floor.world.job().phase == "done"
    assert len(floor.world.events()[-1].media) == 1


def test_a_photo_that_is_not_kept_is_seen_before_it_is_confirmed(floor: Floor) -> None:
    floor.world.bay._media._budget = 0
    for text in (TESS, SHEET):
        floor.attendant.scanned(text)
    floor.panel.press(Button.START)
    assert floor.look() == (Light.GREEN, False)
    floor.panel.press(Button.FINISH)
    assert floor.look() == (Light.AMBER, False)
    floor.panel.press(Button.FINISH)
    assert floor.world.job().phase == "done"


def test_without_a_picture_the_button_refuses(floor: Floor) -> None:
    for text in (TESS, SHEET):
        floor.attendant.scanned(text)
    floor.panel.press(Button.START)
    floor.camera = None
    floor.panel.press(Button.FINISH)
    assert floor.panel.tones[-1] == Tone.REFUSED
    assert floor.world.job().phase == "in_progress"


def test_a_reason_that_a_button_cannot_give_needs_the_screen(floor: Floor) -> None:
    for text in (TESS, SHEET):
        floor.attendant.scanned(text)
    floor.panel.press(Button.START)
    floor.panel.press(Button.PAUSE)
    assert floor.panel.tones[-1] == Tone.REFUSED
    assert floor.world.job().phase == "in_progress"


def test_buttons_follow_the_job_looked_at_on_the_screen(floor: Floor) -> None:
    board = making.board(floor.world.device)
    order = board.orders[0]
    second = order.jobs[0].model_copy(update={"id": 902})
    jobs = (*order.jobs, second)
    floor.world.board(2, orders=(order.model_copy(update={"jobs": jobs}),))
    for text in (TESS, SHEET):
        floor.attendant.scanned(text)
    assert floor.world.bay.view().job == order.jobs[0].id
    floor.world.bay.choose(902)
    floor.panel.press(Button.START)
    assert [event.job for event in floor.world.events()] == [902]


def test_a_rejection_is_seen_from_afar(floor: Floor) -> None:
    for text in (TESS, SHEET):
        floor.attendant.scanned(text)
    floor.panel.press(Button.START)
    floor.look()
    floor.world.answer("rejected", "none", "order_unknown")
    assert floor.look() == (Light.RED, False)
    assert floor.panel.tones[-1] == Tone.REFUSED


def test_what_is_held_is_heard_and_seen(floor: Floor) -> None:
    for text in (TESS, SHEET):
        floor.attendant.scanned(text)
    floor.panel.press(Button.START)
    floor.look()
    floor.world.answer("accepted", "held", "overtaken")
    assert floor.look() == (Light.AMBER, False)
    assert floor.panel.tones[-1] == Tone.REFUSED
    floor.look()
    assert floor.panel.tones.count(Tone.REFUSED) == 1


def test_the_thread_shows_changes_and_ends_dark(floor: Floor) -> None:
    floor.attendant.start()
    floor.attendant.scanned(TESS)
    floor.attendant.stop()
    assert floor.panel.closed
