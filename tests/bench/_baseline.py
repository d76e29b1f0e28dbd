"""What every MQTT–Odoo project does: one ORM create over ``/json/2`` per event."""

import time
from pathlib import Path
from uuid import uuid4

import httpx

from tests.bench import _world
from workbay_deploy.stack import Stack


def events_per_second(stack: Stack, seconds: float) -> float:
    """One keep-alive client, one call per event, the same model as the product's.

    The right to create is given in the bench's own database only.
    """
    key_file = stack.chain.paths.root / "baseline.key"
    _world.shell(stack, "_odoo_baseline", "grant", {"target": str(key_file)})
    values = _values(stack)
    headers = {
        "Authorization": f"bearer {key_file.read_text()}",
        "X-Odoo-Database": stack.chain.database,
    }
    done = 0
    with httpx.Client(
        base_url=stack.chain.odoo_internal_url, headers=headers, timeout=60
    ) as client:

        def create() -> None:
            body = {"vals_list": [{**values, "uuid": str(uuid4())}]}
            client.post("/json/2/workshop.event/create", json=body).raise_for_status()

        create()  # the worker's first call loads what later ones share
        begin = time.perf_counter()
        while (elapsed := time.perf_counter() - begin) < seconds:
            create()
            done += 1
    return done / elapsed


def _values(stack: Stack) -> dict[str, object]:
    row = stack.query(
        "SELECT j.order_id, j.id, o.company_id FROM workshop_job j"
        " JOIN workshop_order o ON o.id = j.order_id ORDER BY j.id LIMIT 1"
    )
    order, job, company = (int(value) for value in row.split("|"))
    return {
        "order_id": order,
        "job_id": job,
        "company_id": company,
        "node": "start",
        "occurred_at": "2026-05-01 08:00:00",
        "occurred_ms": 1_777_622_400_000,
        "result": "rejected",
        "code": "node_not_now",
        "raw": Path(__file__).read_text()[:450],
        "raw_hash": "0" * 64,
    }
