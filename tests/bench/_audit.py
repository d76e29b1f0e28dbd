"""Compares what the bays confirmed with what Odoo's table holds, event by event."""

import time
from dataclasses import dataclass

from tests.bench._bays import Tally
from workbay_deploy.stack import Stack


@dataclass(frozen=True)
class Audit:
    """Nothing of it may be anything but zero."""

    lost: int
    duplicated: int
    unanswered: int
    wrong: int


def audit(stack: Stack, tally: Tally) -> Audit:
    """Call it when the bays have stopped.

    lost: confirmed at a bay and not in Odoo's log with the outcome that the bay was
    told. duplicated: in the log twice, or answered as final twice.
    """
    rows = [
        line.split("|")
        for line in stack.query(
            "SELECT uuid, result, count(*) FROM workshop_event"
            " WHERE uuid IS NOT NULL GROUP BY uuid, result"
        ).splitlines()
    ]
    held: dict[str, list[str]] = {}
    twice = 0
    for uuid, result, count in rows:
        held.setdefault(uuid, []).append(result)
        twice += int(count) - 1
    twice += sum(len(results) - 1 for results in held.values())
    lost = sum(
        1
        for uuid in tally.recorded
        if held.get(uuid) != [tally.finals.get(uuid, (0.0, ""))[1]]
    )
    return Audit(
        lost=lost,
        duplicated=twice + tally.repeated,
        unanswered=len(tally.recorded.keys() - tally.finals.keys()),
        wrong=sum(tally.wrong().values()),
    )


def drain_seconds(stack: Stack, patience: float = 900.0) -> float:
    """How long after the last outcome the consequences have all been drawn.

    :raises TimeoutError: they have not within ``patience`` seconds.
    """
    begin = time.monotonic()
    while time.monotonic() - begin < patience:
        if stack.query("SELECT count(*) FROM workshop_consequence") == "0":
            return time.monotonic() - begin
        time.sleep(0.2)
    raise TimeoutError("consequences are still waiting")
