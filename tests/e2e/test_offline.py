"""What the bay says is recorded reaches Odoo once and in order, whatever dies."""

import time

from tests.e2e.conftest import Faults
from tests.support.shop import PATIENCE, Shop, WorkOrder
from workbay_deploy.stack import Stack
from workbay_deploy.story.bay import Bay

AT_ONCE = 2.0


def test_work_goes_on_without_a_broker(shop: Shop, faults: Faults) -> None:
    order, bay = shop.receive(), shop.bay(1)
    shop.present(bay, shop.login("technician"), order)
    faults.kill("mosquitto")
    bay.wait("that it is offline", lambda view: view["connection"] == "offline")
    recorded = [_confirm_at_once(bay, order, node) for node in ("start", "pause")]
    recorded.append(_confirm_at_once(bay, order, "resume"))
    shop.photo(bay)
    recorded.append(_confirm_at_once(bay, order, "finish"))
    view = bay.view()
    assert view["order"]["jobs"][0]["phase"] == "done"
    assert view["waiting"]["events"] == 4
    assert [row["result"] for row in view["recent"][:4]] == ["waiting"] * 4
    assert shop.events(order.id) == []
    faults.start("mosquitto")
    for seq in recorded:
        bay.outcome(seq)
    _assert_once_in_order(shop, order, ["start", "pause", "resume", "finish"])
    _wait_sent(bay)
    bay.leave()


def test_nothing_is_lost_or_doubled_when_each_part_dies_in_the_middle(
    shop: Shop, stack: Stack, faults: Faults
) -> None:
    order, bay, login = shop.receive(), shop.bay(1), shop.login("technician")
    shop.present(bay, login, order)
    _confirm_at_once(bay, order, "start")
    faults.kill("bridge")
    _confirm_at_once(bay, order, "pause")
    faults.kill("bay-1")
    faults.start("bridge")
    faults.start("bay-1")
    shop.present(bay, login, order)
    last = _confirm_at_once(bay, order, "resume")
    faults.stop("odoo")
    for node in ("pause", "resume"):
        last = _confirm_at_once(bay, order, node)
    faults.kill("bay-1")
    faults.start("odoo")
    faults.start("bay-1")
    bay.outcome(last)
    shop.present(bay, login, order)
    shop.photo(bay)
    bay.outcome(_confirm_at_once(bay, order, "finish"))
    nodes = ["start", "pause", "resume", "pause", "resume", "finish"]
    _assert_once_in_order(shop, order, nodes)
    _wait_sent(bay)
    bay.leave()
    assert _gaps(stack) == "0"


def _confirm_at_once(bay: Bay, order: WorkOrder, node: str) -> int:
    """Tap; the answer comes from the bay's own disk."""
    begin = time.monotonic()
    seq = bay.confirm(order.job, node, "parts" if node == "pause" else None)
    assert time.monotonic() - begin < AT_ONCE
    return seq


def _assert_once_in_order(shop: Shop, order: WorkOrder, nodes: list[str]) -> None:
    events = shop.events(order.id)
    assert [event["node"] for event in events] == nodes
    assert [event["effect"] for event in events] == ["applied"] * len(nodes)
    # The first link is what the customer agreed to.
    assert [event["chain_index"] for event in events] == list(range(2, len(nodes) + 2))
    assert len({event["uuid"] for event in events}) == len(nodes)
    note = shop.advisor.call("workshop.order", "action_verify_evidence", [order.id])
    assert note["params"]["type"] == "success"


def _wait_sent(bay: Bay) -> None:
    bay.wait(
        "that all is sent",
        lambda view: view["waiting"] == {"events": 0, "media": 0, "media_stuck": 0},
        PATIENCE,
    )


def _gaps(stack: Stack) -> str:
    """Numbers that a device gave and Odoo does not have."""
    return stack.query(
        "SELECT coalesce(sum(most - many), 0) FROM ("
        " SELECT max(seq) AS most, count(DISTINCT seq) AS many"
        " FROM workshop_event WHERE device_id IS NOT NULL GROUP BY device_id) AS d"
    )
