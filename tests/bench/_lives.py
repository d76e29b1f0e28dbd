"""Whole lives of jobs, drawn by a seed: what a bay's people confirm, in order."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.bench._world import SimulatedBay
from workbay_contract.codes import token_hash

INVALID = 0.02
"""Share of events that Odoo has to reject."""
SHOWN = 0.1
"""Share of interruptions that come with a photo of why."""

FAULTS = ("unknown_badge", "wrong_sheet", "not_now")


@dataclass(frozen=True)
class Step:
    """One event to record; ``valid`` says what Odoo has to answer."""

    order: int
    job: int
    node: str
    sheet: str
    badge: str
    person: int
    photos: int = 0
    reason: str | None = None
    valid: bool = True


def draw(
    bay: SimulatedBay,
    seed: int,
    pauses: tuple[int, ...] = (0, 0, 1, 2),
    shown: float = SHOWN,
) -> Iterator[Step]:
    """All that happens at one bay, until its last job has passed quality control.

    Each technician works on one job at a time and the lives of his colleagues' jobs
    run in between, so that a bay's sequence mixes orders, jobs and persons.

    :param pauses: how often a job may be interrupted, to be drawn from.
    :param shown: share of interruptions that come with a photo of why.
    """
    chance = random.Random(f"{seed} {bay.folder.name}")
    jobs = [(order, job) for order in bay.orders for job in order["jobs"]]
    chance.shuffle(jobs)
    lanes = [
        _lane(
            bay,
            technician,
            jobs[number :: len(bay.technicians)],
            chance,
            pauses,
            shown,
        )
        for number, technician in enumerate(bay.technicians)
    ]
    while lanes:
        lane = chance.choice(lanes)
        step = next(lane, None)
        if step is None:
            lanes.remove(lane)
            continue
        if chance.random() < INVALID / (1 - INVALID):
            yield _spoiled(step, chance)
        yield step


def _lane(
    bay: SimulatedBay,
    technician: dict[str, Any],
    jobs: list[tuple[dict[str, Any], int]],
    chance: random.Random,
    pauses: tuple[int, ...],
    shown: float,
) -> Iterator[Step]:
    for order, job in jobs:

        def step(
            node: str,
            person: dict[str, Any] = technician,
            order: dict[str, Any] = order,
            job: int = job,
            photos: int = 0,
            reason: str | None = None,
        ) -> Step:
            return Step(
                order=order["id"],
                job=job,
                node=node,
                sheet=order["sheet"],
                badge=token_hash(person["token"]),
                person=person["id"],
                photos=photos,
                reason=reason,
            )

        while True:
            yield step("start")
            for _pause in range(chance.choice(pauses)):
                yield step(
                    "pause",
                    reason=chance.choice(("parts", "customer")),
                    photos=int(chance.random() < shown),
                )
                yield step("resume")
            yield step("finish", photos=1)
            if chance.random() < 0.1:
                yield step("qc_fail", person=bay.inspector, reason="technician")
                continue
            yield step("qc_pass", person=bay.inspector)
            break


def _spoiled(step: Step, chance: random.Random) -> Step:
    """An event that must be rejected, made from one that would be accepted next."""
    values = {**step.__dict__, "valid": False}
    fault = chance.choice(FAULTS)
    if fault == "unknown_badge":
        values["badge"] = token_hash(f"stranger {chance.random()}")
    elif fault == "wrong_sheet":
        values["sheet"] = token_hash(f"forged {chance.random()}")
    else:
        values["node"] = "qc_pass" if not step.node.startswith("qc") else "start"
    return Step(**values)
