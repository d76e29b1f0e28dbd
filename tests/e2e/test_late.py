"""A genuine event that comes too late to fit is kept, shown, and put to a person."""

from tests.e2e.conftest import Faults
from tests.support.shop import PATIENCE, Shop

WORDS = "The order was closed meanwhile. The lead decides about this record."


def test_an_order_cancelled_meanwhile_keeps_the_event_and_holds_it(
    shop: Shop, faults: Faults
) -> None:
    order, bay = shop.receive(), shop.bay(1)
    shop.present(bay, shop.login("technician"), order)
    faults.kill("mosquitto")
    bay.wait("that it is offline", lambda view: view["connection"] == "offline")
    seq = bay.confirm(order.job, "start")
    shop.advisor.call("workshop.order", "action_cancel", [order.id])
    faults.start("mosquitto")

    def final(view: dict) -> dict | None:
        rows = [row for row in view["recent"] if row["seq"] == seq]
        return next((row for row in rows if row["result"] != "waiting"), None)

    row = bay.wait("an outcome", final, PATIENCE)
    assert (row["result"], row["text"]) == ("held", WORDS)
    [event] = shop.events(order.id)
    assert (event["result"], event["effect"]) == ("accepted", "held")
    assert event["chain_index"] == 2  # after what the customer agreed to
    seen = shop.order(order.id, "state", "issue_count", "timeline")
    assert (seen["state"], seen["issue_count"]) == ("cancelled", 1)
    shop.advisor.call("workshop.order", "action_verify_evidence", [order.id])
    # The outcome is at the bay; until the next board it is the bay's own to list.
    [issue] = bay.wait(
        "the issue to be listed",
        lambda view: [i for i in view["issues"] if i["order"] == order.name],
    )
    assert (issue["result"], issue["text"]) == ("held", WORDS)
    lead = shop.session(shop.login("technician_lead"))
    shop.wait_for(
        "the lead to be asked",
        lambda: lead.call(
            "mail.activity",
            "search_count",
            [("res_model", "=", "workshop.order"), ("res_id", "=", order.id)],
        ),
    )
    bay.leave()
