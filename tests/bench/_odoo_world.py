"""What the benches' bays work on, made inside ``odoo shell`` by public methods.

Bays, people with badges and authorised open orders, in stores of a usual size. What
was made is told by a table of the bench's own database, so that it goes along when
that is copied.
"""

import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg2 import OperationalError

TECHNICIANS = 2
"""Per bay; one more person of the bay inspects their work."""
BAYS_OF_A_STORE = 8
STORE = "B{:03}"
TRIES = 5


def open_stores(env: Any, bays: int) -> None:
    """Open as many stores as so many bays need, with their bays and people."""
    env.cr.execute(
        "CREATE TABLE IF NOT EXISTS bench_bay (number int PRIMARY KEY, made jsonb)"
    )
    # Simulated bays bring no bytes, so nothing of theirs may wait for any. By SQL: the
    # process is of a release, which stays as it is for everybody else.
    env.cr.execute(
        """
        DELETE FROM workshop_gate_workshop_process_node_rel
         WHERE workshop_gate_id = %s
        """,
        [env.ref("workshop_standard.workshop_gate_media_verified").id],
    )
    env.registry.clear_cache()
    some = env["res.company"].search([("is_store", "=", True)], order="id", limit=1)
    for first in range(0, bays, BAYS_OF_A_STORE):
        number = first // BAYS_OF_A_STORE
        store = env["res.company"].open_store(
            {
                "store_code": STORE.format(number),
                "name": f"Bench store {number}",
                "parent_id": some.parent_id.id,
                "region_id": some.region_id.id,
                "state_id": some.state_id.id,
                "tz": "Asia/Shanghai",
            }
        )
        store.account_price_include = store.parent_id.account_price_include
        _furnish(env, store, range(first, min(first + BAYS_OF_A_STORE, bays)))
        env.cr.commit()


def _furnish(env: Any, store: Any, numbers: range) -> None:
    """The store's bays, each with its technicians and an inspector."""
    bays = env["workshop.bay"].create(
        [
            {
                "name": f"Bench bay {number}",
                "code": f"X{number}",
                "company_id": store.id,
            }
            for number in numbers
        ]
    )
    roles = ["technician"] * TECHNICIANS + ["qc"]
    users = env["res.users"].create(
        [
            {
                "name": f"Bench {role} {number}.{place}",
                "login": f"bench-{number}-{place}@workbay.example",
                "company_id": store.id,
                "company_ids": [(6, 0, store.ids)],
                "group_ids": [
                    (4, env.ref(f"workshop_chain.workshop_chain_group_{role}").id)
                ],
            }
            for number in numbers
            for place, role in enumerate(roles)
        ]
    )
    env["hr.employee"].create(
        [
            {"name": user.name, "user_id": user.id, "company_id": store.id}
            for user in users
        ]
    )
    people = [{"id": user.id, "token": user.issue_badge()} for user in users]
    # Whoever types locks his own row: each store has an advisor of its own.
    advisor = env["res.users"].create(
        {
            "name": f"Bench advisor {store.store_code}",
            "login": f"bench-{store.store_code}@workbay.example",
            "company_id": store.id,
            "company_ids": [(6, 0, store.ids)],
            "group_ids": [
                (4, env.ref("workshop_chain.workshop_chain_group_advisor").id)
            ],
        }
    )
    for place, (number, bay) in enumerate(zip(numbers, bays, strict=True)):
        own = people[place * len(roles) : (place + 1) * len(roles)]
        made = {
            "bay": bay.id,
            "technicians": own[:TECHNICIANS],
            "inspector": own[TECHNICIANS],
            "advisor": advisor.id,
        }
        env.cr.execute(
            "INSERT INTO bench_bay (number, made) VALUES (%s, %s)",
            [number, json.dumps(made)],
        )


def fill(env: Any, numbers: list[int], orders: int, jobs: int, seed: int) -> None:
    """Give bays of these numbers their open orders.

    Several processes may do this at once, each for stores of its own.
    """
    for number in numbers:
        for tried in range(TRIES):
            try:
                _fill(env, number, orders, jobs, random.Random(f"{seed} {number}"))
                env.flush_all()
            except OperationalError:
                env.cr.rollback()
                env.clear()
                if tried + 1 == TRIES:
                    raise
            else:
                break
        env.cr.commit()
        env.clear()


def draw_consequences(env: Any) -> None:
    """Have everything followed that follows from orders being authorised."""
    env["workshop.consequence"]._cron_run()


def pass_the_night(env: Any) -> None:
    """Have the day's jobs done, as they are in a chain that runs: until next year.

    In a new database each of them is due at once. Odoo's scheduler for one assigns
    every move of every store, a minute's work that belongs into no minute measured.
    """
    jobs = env["ir.cron"].search([("interval_type", "in", ("days", "weeks", "months"))])
    jobs.write({"nextcall": datetime.now() + timedelta(days=365)})


def request_devices(env: Any, target: str, csrs: list[str]) -> None:
    """Ask for a device for each bay; tell ``target`` all about the bays, as JSON."""
    env.cr.execute("SELECT made FROM bench_bay ORDER BY number LIMIT %s", [len(csrs)])
    bays = []
    for (made,), csr in zip(env.cr.fetchall(), csrs, strict=True):
        device = env["workshop.bay"].browse(made["bay"]).request_device(csr)
        bays.append({**made, "device": device.enrolment_values()})
    Path(target).write_text(json.dumps(bays), encoding="utf-8")


def _fill(env: Any, number: int, orders: int, jobs: int, draw: random.Random) -> None:
    code = STORE.format(number // BAYS_OF_A_STORE)
    store = env["res.company"].search([("store_code", "=", code)])
    services = env["workshop.service"].search(
        [
            ("version_ids.release_id.state", "=", "released"),
            ("is_off_standard", "=", False),  # agreed in words, not drawn
        ],
        order="id",
    )
    models = env["fleet.vehicle.model"].search(
        [("workshop_class_id", "!=", False)], order="id"
    )
    owner = env["res.partner"].create({"name": f"Bench customer {number}"})
    env.cr.execute(
        "SELECT (made ->> 'advisor')::int FROM bench_bay WHERE number = %s", [number]
    )
    advisor = env.cr.fetchone()[0]
    cars = [
        _order(
            env(user=advisor),
            store,
            owner.id,
            {
                "model_id": draw.choice(models.ids),
                "license_plate": f"沪X{number:03}{n:02}",
            },
            draw.sample(services.ids, min(jobs, len(services))),
        )
        for n in range(orders)
    ]
    env.cr.execute(
        "UPDATE bench_bay SET made = made || %s::jsonb WHERE number = %s",
        [json.dumps({"orders": cars}), number],
    )


def _order(
    env: Any, store: Any, owner: int, vehicle: dict[str, Any], services: list[int]
) -> dict[str, Any]:
    order = (
        env["workshop.order"]
        .with_company(store.id)
        .receive(
            {
                "vehicle": vehicle,
                "partner_id": owner,
                "odometer": 12_000,
                "complaint": "Bench",
                "service_ids": services,
            }
        )
    )
    order.action_authorise()
    return {"id": order.id, "sheet": order.sudo().sheet_hash, "jobs": order.job_ids.ids}
