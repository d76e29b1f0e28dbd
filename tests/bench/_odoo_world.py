"""The chain that benches work on, made inside ``odoo shell`` by public methods."""

import json
import random
from pathlib import Path
from typing import Any

TECHNICIANS = 2
"""Per bay; one more person of the bay inspects their work."""


def build(
    env: Any, target: str, csrs: list[str], orders: int, jobs: int, seed: int
) -> None:
    """Bays with devices, people with badges, open orders; told to ``target`` as JSON.

    :param csrs: one request per bay, spread over the demo's stores in turn.
    :param orders: open orders per bay.
    :param jobs: jobs per order, of the services in force.
    """
    draw = random.Random(seed)
    stores = env["res.company"].search([("is_store", "=", True)], order="id")
    services = env["workshop.service"].search(
        [("version_ids.release_id.state", "=", "released")], order="id"
    )
    vehicles = env["fleet.vehicle"].search([("owner_id", "!=", False)], order="id")
    bays = []
    for number, csr in enumerate(csrs):
        store = stores[number % len(stores)]
        bay = _bay(env, store, number)
        device = bay.request_device(csr)
        people = [_person(env, store, number, n) for n in range(TECHNICIANS + 1)]
        cars = [
            _order(
                env,
                store,
                vehicles[(number * orders + n) % len(vehicles)],
                n,
                draw.sample(services.ids, min(jobs, len(services))),
            )
            for n in range(orders)
        ]
        bays.append(
            {
                "device": device.enrolment_values(),
                "technicians": people[:TECHNICIANS],
                "inspector": people[TECHNICIANS],
                "orders": cars,
            }
        )
        env.cr.commit()
    Path(target).write_text(json.dumps(bays), encoding="utf-8")


def _bay(env: Any, store: Any, number: int) -> Any:
    return env["workshop.bay"].create(
        {
            "name": f"Bench bay {number}",
            "code": f"X{number}",
            "company_id": store.id,
        }
    )


def _person(env: Any, store: Any, bay: int, number: int) -> dict[str, Any]:
    role = "technician" if number < TECHNICIANS else "qc"
    group = env.ref(f"workshop_chain.workshop_chain_group_{role}")
    user = env["res.users"].create(
        {
            "name": f"Bench {role} {bay}.{number}",
            "login": f"bench-{bay}-{number}@workbay.example",
            "company_id": store.id,
            "company_ids": [(6, 0, store.ids)],
            "group_ids": [(4, group.id)],
        }
    )
    env["hr.employee"].create(
        {"name": user.name, "user_id": user.id, "company_id": store.id}
    )
    return {"id": user.id, "token": user.issue_badge()}


def _order(
    env: Any, store: Any, vehicle: Any, number: int, services: list[int]
) -> dict[str, Any]:
    orders = env["workshop.order"].with_company(store)
    order = orders.receive(
        {
            "vehicle_id": vehicle.id,
            "odometer": vehicle.odometer + 1,
            "complaint": f"Bench {store.store_code} {number} {vehicle.odometer}",
            "service_ids": services,
        }
    )
    order.action_authorise()
    return {"id": order.id, "sheet": order.sheet_hash, "jobs": order.job_ids.ids}
