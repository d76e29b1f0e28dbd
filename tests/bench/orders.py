"""How long a desk waits: an order, the list, a car's file, and reception by plate.

One store with 2,000 open orders, first with a tenth of its past orders, then with all:
time must not grow with years. Times are of the requests for data that the web client
makes for these screens, one after the other, as a service advisor: what they ask is
read from the views, which the client loads once and keeps. The past is copied in the
database (``_history``) from an order that was received and authorised as usual.

``growth`` is the largest of the screens' medians against the same before: of a shared
machine's 95th percentiles most would be the neighbours'. ``cpu_ms`` is the processor
time per request in Odoo and PostgreSQL, which no neighbour makes longer by much.
"""

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree

from tests.bench import _report
from tests.bench._history import History, Pattern
from workbay_deploy.stack import Stack
from workbay_deploy.story.odoo_web import OdooWeb

LIST_ROWS = 80
VISITS = 10
"""Orders per car, over the years."""
SHORT_HISTORY = 10
"""The smaller past is this part of the whole."""

WARM = 8
"""Uses that are not counted: each worker's first one loads what later ones share."""
NAME = "'BENCH' || lpad(k::text, 7, '0')"
PLATE = "'沪B' || lpad(k::text, 7, '0')"
LINK_FLOORS = (
    "UPDATE workshop_job j SET floor_id = f.id FROM workshop_job_floor f"
    " WHERE f.job_id = j.id AND j.floor_id IS NULL"
)
VEHICLE_FORM = "workshop_vehicle.fleet_vehicle_view_form"

Screen = Callable[[random.Random], None]


def main() -> int:
    options = _options()
    with Stack.from_environment(bays=0) as stack:
        desk = _desk(stack)
        order = _lived_order(desk)
        history = History(stack, _patterns(order), [LINK_FLOORS])
        few = options.past // SHORT_HISTORY
        _report.note(f"{options.open} open orders and {few} past ones …")
        history.make(1, options.open)
        _make_past(history, options.open + 1, options.open + few)
        history.settle()
        chance = random.Random(options.seed)
        before, _cpu = _measure(stack, desk, options.samples, chance)
        _report.note(f"{options.past} past orders …")
        _make_past(history, options.open + few + 1, options.open + options.past)
        history.settle()
        after, cpu = _measure(stack, desk, options.samples, chance)
    _report.show(
        {f"{name}_p95_ms": _p95(times) for name, times in after.items()}
        | {"growth": max(_median(after[n]) / _median(before[n]) for n in after)}
        | {f"{name}_p50_ms": _median(times) for name, times in after.items()}
        | {f"{name}_cpu_ms": value for name, value in cpu.items()}
        | {f"{name}_p95_ms_before": _p95(times) for name, times in before.items()}
        | {f"{name}_p50_ms_before": _median(times) for name, times in before.items()}
        | {"open": options.open, "past": options.past, "samples": options.samples},
        options.json,
    )
    return 0


def _options():
    parser = _report.parser(__doc__)
    parser.add_argument("--open", type=int, default=2_000, help="open orders")
    parser.add_argument("--past", type=int, default=200_000, help="past orders")
    parser.add_argument("--samples", type=int, default=100, help="requests per screen")
    return parser.parse_args()


def _desk(stack: Stack) -> OdooWeb:
    accounts = json.loads(stack.chain.logins.read_text())
    advisor = next(
        person for person in accounts["logins"] if "advisor" in person["roles"]
    )
    chain = stack.chain
    return OdooWeb(
        chain.odoo_url, chain.database, advisor["login"], accounts["password"]
    )


def _lived_order(desk: OdooWeb) -> int:
    """Receive a car for two jobs and authorise them."""
    [vehicle] = desk.call(
        "fleet.vehicle",
        "search_read",
        [("owner_id", "!=", False)],
        ["license_plate", "odometer"],
        limit=1,
    )
    services = desk.call(
        "workshop.service",
        "search",
        [("version_ids.release_id.state", "=", "released")],
        limit=2,
    )
    [order] = desk.call(
        "workshop.order",
        "receive",
        {
            "plate": vehicle["license_plate"],
            "odometer": int(vehicle["odometer"]) + 21,
            "complaint": "Noise from the front left wheel when braking",
            "service_ids": services,
        },
    )
    desk.call("workshop.order", "action_authorise", [order])
    return order


def _patterns(order: int) -> list[Pattern]:
    of_order = f"p.order_id = {order}"
    vehicle = f"(SELECT vehicle_id FROM workshop_order WHERE id = {order})"
    partner = f"(SELECT partner_id FROM workshop_order WHERE id = {order})"
    sale = f"(SELECT sale_order_id FROM workshop_order WHERE id = {order})"
    return [
        Pattern(
            "res_partner", f"p.id = {partner}", {"name": "p.name || ' ' || k"}, VISITS
        ),
        Pattern(
            "fleet_vehicle",
            f"p.id = {vehicle}",
            {"license_plate": PLATE, "vin_sn": "'LSVBENCH' || lpad(k::text, 9, '0')"},
            VISITS,
        ),
        Pattern("workshop_vehicle_owner", f"p.vehicle_id = {vehicle}", every=VISITS),
        Pattern(
            "workshop_vehicle_reading",
            f"p.id = (SELECT reading_id FROM workshop_order WHERE id = {order})",
            {"value": "p.value + k"},
        ),
        Pattern("sale_order", f"p.id = {sale}", {"name": NAME, "access_token": "NULL"}),
        Pattern(
            "workshop_order",
            f"p.id = {order}",
            {
                "name": NAME,
                "reception_key": NAME,
                "sheet_token": NAME,
                "sheet_hash": "md5(k::text) || md5('sheet' || k)",
                "received_at": "p.received_at - k * interval '15 minutes'",
            },
        ),
        Pattern("workshop_job", of_order, {"floor_id": "NULL"}),
        Pattern("sale_order_line", f"p.order_id = {sale}"),
        Pattern("workshop_order_floor", of_order),
        Pattern(
            "workshop_job_floor",
            f"p.job_id IN (SELECT id FROM workshop_job WHERE order_id = {order})",
        ),
    ]


def _make_past(history: History, first: int, last: int) -> None:
    history.make(
        first,
        last,
        workshop_order={"state": "'closed'"},
        workshop_order_floor={"is_open": "FALSE"},
        workshop_job_floor={"node": "'qc_pass'", "phase": "'qc_passed'"},
    )


def _screens(stack: Stack, desk: OdooWeb) -> dict[str, Screen]:
    """By name, one use of the screen."""
    opened = _ids(stack, "SELECT id FROM workshop_order WHERE state = 'open'")
    cars = _ids(stack, "SELECT id FROM fleet_vehicle WHERE license_plate LIKE '沪B0%'")
    plates = stack.query(
        "SELECT license_plate FROM fleet_vehicle WHERE license_plate LIKE '沪B0%'"
    ).split()
    form = _specification(desk, "workshop.order", "form")
    rows = _specification(desk, "workshop.order", "list")
    module, name = VEHICLE_FORM.split(".")
    [view] = _ids(
        stack,
        "SELECT res_id FROM ir_model_data"
        f" WHERE module = '{module}' AND name = '{name}'",
    )
    car = _specification(desk, "fleet.vehicle", "form", view)
    opens_with = [("state", "in", ["draft", "open", "done"])]

    def reception(chance: random.Random) -> None:
        plate = chance.choice(plates)
        found = desk.call("workshop.reception", "look_up", plate)
        if found["kind"] != "known":
            raise RuntimeError(f"{plate} was not found: {found}")

    return {
        "form": lambda chance: desk.call(
            "workshop.order", "web_read", [chance.choice(opened)], specification=form
        ),
        # As it opens, and without the filter that it opens with.
        "list": lambda chance: desk.call(
            "workshop.order",
            "web_search_read",
            domain=chance.choice([opens_with, []]),
            specification=rows,
            offset=LIST_ROWS * chance.randrange(5),
            limit=LIST_ROWS,
            count_limit=10_001,
        ),
        "vehicle": lambda chance: desk.call(
            "fleet.vehicle", "web_read", [chance.choice(cars)], specification=car
        ),
        "reception": reception,
    }


def _ids(stack: Stack, statement: str) -> list[int]:
    return [int(row) for row in stack.query(statement).split()]


def _specification(
    desk: OdooWeb, model: str, kind: str, view: int | None = None
) -> dict[str, Any]:
    """The fields that the web client asks for to show a view, sublists included."""
    views = desk.call(model, "get_views", [[view or False, kind]])
    arch = etree.fromstring(views["views"][kind]["arch"])
    return _fields(desk, arch, model, views["models"])


def _fields(
    desk: OdooWeb, arch: Any, model: str, models: dict[str, Any]
) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    for node in _own_fields(arch):
        name = node.get("name")
        known = models[model]["fields"].get(name)
        if known is None:
            continue
        wanted[name] = {}
        if known["type"] in ("one2many", "many2many"):
            wanted[name] = _rows(desk, node, known["relation"], models)
        elif known["type"] == "many2one":
            wanted[name] = {"fields": {"display_name": {}}}
    return wanted


def _rows(
    desk: OdooWeb, node: Any, model: str, models: dict[str, Any]
) -> dict[str, Any]:
    """What is asked of the records of a list within a form."""
    inner = next((sub for sub in node if sub.tag in ("list", "kanban")), None)
    if inner is not None:
        return {"fields": _fields(desk, inner, model, models), "limit": 40}
    if node.get("widget") or node.get("invisible") in ("1", "True"):
        return {"fields": {"display_name": {}}}
    # The model's own list stands there, which the client asks for by itself.
    return {"fields": _specification(desk, model, "list"), "limit": 40}


def _own_fields(arch: Any) -> Iterator[Any]:
    """A view's field nodes without those of the lists within them."""
    for node in arch:
        if node.tag == "field":
            yield node
        else:
            yield from _own_fields(node)


def _measure(
    stack: Stack, desk: OdooWeb, samples: int, chance: random.Random
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Sorted times by screen, and the processor time of one use; all in milliseconds.

    The screens take turns: what else the machine does meets all of them.
    """
    screens = _screens(stack, desk)
    for use in screens.values():
        for _warm in range(WARM):
            use(chance)
    postmaster = stack.chain.cluster.data / "postmaster.pid"
    servers = (stack.pid("odoo"), int(postmaster.read_text().split()[0]))
    found: dict[str, list[float]] = {name: [] for name in screens}
    cpu = dict.fromkeys(screens, 0.0)
    for _sample in range(samples):
        for name, use in screens.items():
            used = _report.cpu_ms(servers)
            begin = time.perf_counter()
            use(chance)
            found[name].append((time.perf_counter() - begin) * 1000)
            cpu[name] += (_report.cpu_ms(servers) - used) / samples
    return {name: sorted(times) for name, times in found.items()}, cpu


def _p95(times: list[float]) -> float:
    return _report.percentile(times, 0.95)


def _median(times: list[float]) -> float:
    return _report.percentile(times, 0.5)


if __name__ == "__main__":
    sys.exit(main())
