"""Steps checked off at the bay, judged there as the office judges them."""

import pytest

from edge_agent.identity import Identity
from edge_agent.outbox import Outbox
from edge_agent.view import Refusal
from workbay_contract.board import BoardStep
from workbay_contract.checks import Check
from workbay_contract.process import Process

from . import making
from .test_bay import SHEET, TESS, TOM, World

STEPS = (
    BoardStep(id=11, name=making.both("Lift the car", "举升车辆")),
    BoardStep(
        id=12,
        is_check=True,
        name=making.both("Tighten", "拧紧"),
        limit_min=25,
        limit_max=30,
    ),
)


@pytest.fixture
def measured(device: Identity, outbox: Outbox) -> World:
    """Tess works on a job whose finish demands every step."""
    world = World(device, outbox)
    nodes = tuple(
        node.model_copy(update={"steps": "all", "photos": 0})
        if node.code == "finish"
        else node
        for node in making.PROCESS.nodes
    )
    board = making.board(device)
    procedure = board.orders[0].jobs[0].procedure
    update = {
        "procedures": {procedure: STEPS},
        "processes": {1: Process(code="m", nodes=nodes)},
    }
    outbox.store_board(b"{}", board.model_copy(update=update))
    world.bay.scanned(TESS)
    world.bay.scanned(SHEET)
    world.do("start")
    return world


def test_a_node_waits_for_its_steps(measured: World) -> None:
    refusal = measured.refused("finish")
    assert refusal.code == "steps_missing"
    assert "举升车辆" in refusal.text or "Lift the car" in refusal.text


def test_steps_checked_off_travel_with_the_next_event(measured: World) -> None:
    bay = measured.bay
    assert bay.check(making.JOB, 11) == Check(step=11)
    assert bay.check(making.JOB, 12, "27.5") == Check(step=12, value="27.5")
    steps = measured.job().steps
    assert [(step.done, step.value) for step in steps] == [(True, None), (True, "27.5")]
    measured.do("finish")
    event = measured.events()[-1]
    assert event.checks == (Check(step=11), Check(step=12, value="27.5"))
    assert measured.job().phase == "done"


def test_a_value_outside_its_limits_keeps_the_job_open(measured: World) -> None:
    bay = measured.bay
    bay.check(making.JOB, 11)
    bay.check(making.JOB, 12, "31")
    assert measured.job().steps[1].outside
    assert measured.refused("finish").code == "value_outside"
    bay.check(making.JOB, 12, "29")
    measured.do("finish")


def test_a_step_is_taken_back_and_a_value_demanded(measured: World) -> None:
    bay = measured.bay
    refusal = bay.check(making.JOB, 12)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "value_missing"
    bay.check(making.JOB, 11)
    bay.uncheck(making.JOB, 11)
    bay.uncheck(making.JOB, 11)
    assert not measured.job().steps[0].done


def test_another_persons_checks_are_not_this_ones(measured: World) -> None:
    bay = measured.bay
    bay.check(making.JOB, 11)
    bay.scanned(TOM)
    assert not measured.job().steps[0].done
