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

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.duplicated or self.unanswered or self.wrong)


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


@dataclass(frozen=True)
class Drawn:
    """Jobs whose bill is not what the floor says; nothing of it may be but zero.

    :ivar lost: finished, and what was agreed is not delivered in full.
    :ivar doubled: delivered more than agreed, or delivered and not finished.
    """

    lost: int
    doubled: int

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled)


def consequences(stack: Stack) -> Drawn:
    """Compare every agreed job's labour with where the job stands on the floor."""
    lost, doubled = stack.query(
        """
        SELECT count(*) FILTER (WHERE is_finished AND delivered < agreed),
               count(*) FILTER (
                   WHERE delivered > CASE WHEN is_finished THEN agreed ELSE 0 END
               )
          FROM (
               SELECT f.phase IN ('done', 'qc_passed') AS is_finished,
                      l.product_uom_qty AS agreed,
                      l.qty_delivered AS delivered
                 FROM workshop_job j
                 JOIN workshop_job_floor f ON f.job_id = j.id
                 JOIN sale_order_line l ON l.workshop_job_id = j.id
                 JOIN workshop_service s ON s.id = j.service_id
                WHERE j.state = 'authorised' AND l.product_id = s.product_id
               ) line
        """
    ).split("|")
    return Drawn(int(lost), int(doubled))
