"""Processes to judge by, persons, and what they confirm."""

from typing import Any

from workbay_contract.confirmation import Confirmation, Person
from workbay_contract.process import JobState, Node, Process


def node(code: str, **values: Any) -> Node:
    return Node(
        code=code,
        name={"en_US": code},
        **{"roles": ("technician",), "state": "in_progress", **values},
    )


STANDARD = Process(
    code="standard",
    nodes=(
        node("start", initial=True, clock="start", next=("pause", "finish")),
        node(
            "pause",
            gates=("own_job",),
            clock="stop",
            reasons=("parts", "customer"),
            state="paused",
            next=("resume",),
        ),
        node("resume", clock="start", next=("pause", "finish")),
        node(
            "finish",
            gates=("own_job",),
            clock="stop",
            photos=1,
            state="done",
            next=("qc_pass", "qc_fail"),
        ),
        node("qc_pass", roles=("qc",), gates=("other_person",), state="qc_passed"),
        node(
            "qc_fail",
            roles=("qc",),
            gates=("other_person",),
            state="waiting",
            next=("start",),
        ),
    ),
)
LIVE = Process(
    code="live",
    nodes=(
        node(
            "start",
            initial=True,
            clock="start",
            gates=("certificate",),
            next=("finish",),
        ),
        node("finish", clock="stop", state="done", next=("qc",)),
        node("qc", roles=("qc",), gates=("other_person",), state="qc_passed"),
    ),
)
TESS = Person(id=1, roles=("technician", "qc"))
TOM = Person(id=2, roles=("technician", "qc"))
JOB = JobState()


def confirm(code: str, at: int = 0, **values: Any) -> Confirmation:
    return Confirmation(job=7, node=code, at=at, **values)
