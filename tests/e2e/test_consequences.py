"""What follows from an event follows once, though whoever recorded it died."""

import dataclasses
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.conftest import Faults
from tests.support.shop import PATIENCE, Shop, WorkOrder
from workbay_contract import steps
from workbay_deploy import services
from workbay_deploy.readiness import wait_until
from workbay_deploy.stack import Stack

LOOK_SECONDS = 100
"""Nobody wakes the scheduler any more: it looks each minute and some seconds."""
DRAWING_SECONDS = 2


@pytest.fixture
def step(stack: Stack) -> Iterator[Path]:
    """Where Odoo looks for the step at which one of its workers is to end."""
    file = stack.chain.paths.tmp / "odoo.steps"
    odoo = services.odoo(stack.chain)
    stack.stop_service("odoo")
    env = {**odoo.env, steps.VARIABLE: str(file)}
    stack.launch(dataclasses.replace(odoo, env=env))
    yield file
    stack.stop_service("odoo")
    stack.launch(odoo)


def test_a_worker_that_dies_after_its_commit_costs_no_consequence(
    shop: Shop, stack: Stack, faults: Faults, step: Path
) -> None:
    order, bay = shop.receive(), shop.bay(1)
    who = shop.present(bay, shop.login("technician"), order)
    bay.outcome(bay.confirm(order.job, "start"))
    shop.photo(bay)
    shop.wait_for("nothing to be left to draw", lambda: not _queued(stack, order))
    faults.kill("odoo-cron")
    step.write_text("odoo.ingest.after_commit kill")
    seq = bay.confirm(order.job, "finish")
    shop.wait_for("a worker to end", step.with_suffix(".reached").exists)
    assert [event["node"] for event in shop.events(order.id)] == ["start", "finish"]
    assert _queued(stack, order) == 1
    assert (_labour(stack, order, "qty_delivered"), _told(stack, order, who)) == (0, 0)
    # Nobody answered the bay: it asks again, and that makes nothing follow twice.
    bay.outcome(seq)
    assert _queued(stack, order) == 1
    faults.start("odoo-cron")
    assert wait_until(lambda: not _queued(stack, order), LOOK_SECONDS)
    agreed = _labour(stack, order, "product_uom_qty")
    assert _labour(stack, order, "qty_delivered") == agreed
    assert _told(stack, order, who) == 1
    bay.wait("that all is sent", lambda view: not view["waiting"]["events"], PATIENCE)
    bay.leave()


def test_who_settles_waits_for_what_is_being_drawn(
    shop: Shop, stack: Stack, faults: Faults
) -> None:
    """He was told that nothing is due while the scheduler was at the order."""
    order = shop.receive()
    faults.kill("odoo-cron")
    shop.do_work(order)
    assert _queued(stack, order)
    cashier = shop.session(shop.login("cashier"))
    with ThreadPoolExecutor(1) as beside:
        drawing = beside.submit(
            stack.query,
            f"BEGIN; SELECT 1 FROM workshop_consequence WHERE order_id = {order.id}"
            f" FOR UPDATE; SELECT pg_sleep({DRAWING_SECONDS}); ROLLBACK",
        )
        shop.wait_for("the rows to be held", lambda: _sleeps(stack))
        cashier.call("workshop.order", "action_settle", [order.id])
    drawing.result()
    assert not _queued(stack, order)
    agreed = _labour(stack, order, "product_uom_qty")
    assert _labour(stack, order, "qty_delivered") == agreed
    faults.start("odoo-cron")


def _sleeps(stack: Stack) -> bool:
    """Whether a transaction of the chain's database is being slow on purpose."""
    return (
        stack.query(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event = 'PgSleep'"
        )
        != "0"
    )


def _queued(stack: Stack, order: WorkOrder) -> int:
    return int(
        stack.query(
            f"SELECT count(*) FROM workshop_consequence WHERE order_id = {order.id}"
        )
    )


def _told(stack: Stack, order: WorkOrder, who: str) -> int:
    """How often the order's messages name who did the work, in whatever language."""
    return int(
        stack.query(
            "SELECT count(*) FROM mail_message WHERE model = 'workshop.order'"
            f" AND res_id = {order.id} AND body LIKE '%{who}%'"
        )
    )


def _labour(stack: Stack, order: WorkOrder, quantity: str) -> float:
    return float(
        stack.query(
            f"SELECT sum(l.{quantity}) FROM sale_order_line l"
            " JOIN workshop_job j ON j.id = l.workshop_job_id"
            " JOIN workshop_service s ON s.id = j.service_id"
            f" WHERE j.id = {order.job} AND l.product_id = s.product_id"
        )
    )
