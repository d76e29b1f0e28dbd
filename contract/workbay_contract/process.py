"""A process as HQ draws it, as data, and where a job stands in it."""

from typing import Annotated, Literal

from pydantic import Field, PlainSerializer, model_validator

from workbay_contract.checks import Check, StepDemand
from workbay_contract.types import Code, Message, RecordId

JobPhase = Literal["waiting", "in_progress", "paused", "done", "qc_passed"]
FINISHED = ("done", "qc_passed")
"""Phases in which the work itself is over."""

ClockAction = Literal["start", "stop", "keep"]
Signer = Literal["none", "person", "customer"]

Facts = Annotated[
    frozenset[Code],
    # Sets have no order of their own, and a board is hashed.
    PlainSerializer(sorted, return_type=list[Code]),
]
"""Names of the office gates that are open for a job."""


class CheckItem(Message):
    """One line of a node's checklist, to be ticked."""

    code: Code
    name: dict[str, str] = Field(description="by language code, en_US at least")


class Measurement(Message):
    """One value that a node demands, with the limits that it has to keep."""

    code: Code
    name: dict[str, str] = Field(description="by language code, en_US at least")
    unit: str = ""
    limit_min: float | None = None
    limit_max: float | None = None


class Node(Message):
    """One step that a person confirms."""

    code: Code
    name: dict[str, str] = Field(description="by language code, en_US at least")
    initial: bool = Field(default=False, description="a job may begin with it")
    roles: tuple[Code, ...] = Field(description="any of them may confirm it")
    next: tuple[Code, ...] = Field(
        default=(), description="what may follow; empty: the end"
    )
    photos: Annotated[int, Field(ge=0, le=20)] = Field(
        default=0, description="photos demanded, at least"
    )
    reasons: tuple[Code, ...] = Field(
        default=(), description="one of them has to be given; empty: none"
    )
    checklist: tuple[CheckItem, ...] = Field(
        default=(), description="each of them has to be ticked"
    )
    measurements: tuple[Measurement, ...] = Field(
        default=(), description="each of them has to be entered, within its limits"
    )
    signature: Signer = Field(
        default="none", description="who has to sign, beside showing a badge"
    )
    steps: StepDemand = Field(
        default="none", description="which of the procedure's steps it demands"
    )
    gates: tuple[Code, ...] = Field(
        default=(), description="names in GATES or OFFICE_GATES"
    )
    clock: ClockAction = Field(
        default="keep", description="what the person's clock does"
    )
    state: JobPhase = Field(description="the job's phase after it")


class JobState(Message):
    """Where a job stands on the floor; changes by confirmations only."""

    node: Code | None = Field(default=None, description="the last node confirmed")
    phase: JobPhase = "waiting"
    running: RecordId | None = Field(
        default=None, description="person whose clock runs"
    )
    since: int | None = Field(
        default=None, description="when it started, ms since 1970"
    )
    worked_ms: Annotated[int, Field(ge=0)] = 0
    workers: tuple[RecordId, ...] = Field(
        default=(), description="whoever worked on it"
    )
    facts: Facts = Field(
        default=frozenset(), description="the office gates that are open for it"
    )
    checks: tuple[Check, ...] = Field(
        default=(), description="steps checked off since work began or began anew"
    )
    settled: tuple[Check, ...] = Field(
        default=(), description="values outside their limits that the office settled"
    )
    skills: tuple[RecordId, ...] = Field(
        default=(), description="what whoever does the job has to be certified for"
    )


class Process(Message):
    """A graph of nodes, frozen with the release that it belongs to."""

    code: Code
    nodes: tuple[Node, ...]

    @model_validator(mode="after")
    def _codes_are_unique_and_known(self) -> "Process":
        codes = [node.code for node in self.nodes]
        if len(set(codes)) != len(codes):
            raise ValueError("two nodes of one process share a code")
        unknown = {code for node in self.nodes for code in node.next} - set(codes)
        if unknown:
            raise ValueError(f"nodes lead to unknown nodes: {sorted(unknown)}")
        return self

    def node(self, code: str) -> Node | None:
        return next((node for node in self.nodes if node.code == code), None)

    def allowed(self, job: JobState) -> tuple[str, ...]:
        """Codes of the nodes that may follow in the job's state."""
        if job.node is None:
            return tuple(node.code for node in self.nodes if node.initial)
        current = self.node(job.node)
        return current.next if current else ()
