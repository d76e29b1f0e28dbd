"""Odoo that fails, answers too late, or is served by two bridges at once."""

import random
import time

from tests.faults.bays import Bay
from tests.faults.chain import BRIDGES
from tests.faults.run import Run
from tests.faults.schedule import Effect, kind
from tests.faults.striking import strike


def _gateway(name: str, trouble: str, seen: str) -> None:
    @kind(name, "gateways", 3)
    def disturb(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
        gateways = [run.stack.gateways[each] for each in BRIDGES]
        before = sum(each.seen[trouble] for each in gateways)
        for each in gateways:
            each.trouble = trouble
        effect = strike(
            run, seen, lambda: sum(each.seen[trouble] for each in gateways) > before
        )
        time.sleep(chance.uniform(0, 1))
        for each in gateways:
            each.trouble = "none"
        return effect


_gateway("odoo.error_500", "error", "calls failed with 500")
_gateway("odoo.timeout_after_commit", "late", "committed, and nobody heard of it")
_gateway("odoo.cut_after_commit", "broken", "committed, and the answer broke off")
_gateway("data.duplicate", "duplicate", "Odoo had the same call twice")
_gateway("data.reordered", "reordered", "older calls came after newer ones")


@kind("odoo.serialization_failure", "gateways", 3)
def serialization(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    hits = run.database.hits
    run.database.on("serialization")
    effect = strike(run, "rows were rolled back", lambda: run.database.hits > hits)
    time.sleep(chance.uniform(0, 1))
    run.database.off("serialization")
    return effect


@kind("odoo.expired_key", "gateways", 5)
def expired(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    gateways = run.stack.gateways.values()
    before = sum(each.seen["http_401"] for each in gateways)
    kept = run.stack.query(
        "SELECT string_agg(k.id || '=' || coalesce(k.expiration_date::text, ''), ';')"
        " FROM res_users_apikeys k JOIN res_users u ON u.id = k.user_id"
        " WHERE u.login LIKE '%bridge%'"
    )
    ids = ",".join(row.split("=")[0] for row in kept.split(";"))
    run.stack.query(
        "UPDATE res_users_apikeys SET expiration_date = now() - interval '1 day'"
        f" WHERE id IN ({ids})"
    )
    effect = strike(
        run,
        "Odoo refused the bridges",
        lambda: sum(each.seen["http_401"] for each in gateways) > before,
    )
    for row in kept.split(";"):
        number, _, date = row.partition("=")
        value = f"'{date}'" if date else "NULL"
        run.stack.query(
            f"UPDATE res_users_apikeys SET expiration_date = {value}"
            f" WHERE id = {number}"
        )
    return effect


@kind("odoo.two_bridges", "gateways", 6)
def two_bridges(run: Run, bay: Bay, chance: random.Random) -> Effect | None:
    """One of them takes every partition for its own: both bring every batch."""
    first, second = (run.stack.gateways[name] for name in BRIDGES)
    chance.choice((first, second)).trouble = "all_partitions"
    before = _shared(run)
    effect = strike(run, "both brought the same batch", lambda: _shared(run) > before)
    first.trouble = second.trouble = "none"
    return effect


def _shared(run: Run) -> int:
    first, second = (run.stack.gateways[name] for name in BRIDGES)
    return len(first.batches.keys() & second.batches.keys())
