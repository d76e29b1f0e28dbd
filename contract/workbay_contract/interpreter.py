"""The process interpreter: HQ draws a process as data, this code only reads it.

Bay, bridge-less browser and Odoo all judge a confirmation here, so what is refused
offline is what Odoo would refuse, in the same words. Nothing here does I/O, reads a
clock or knows Odoo: state in, state out.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from workbay_contract.types import Code, Message, RecordId

JobPhase = Literal["waiting", "in_progress", "paused", "done", "qc_passed"]
ClockAction = Literal["start", "stop", "keep"]


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
    gates: tuple[Code, ...] = Field(default=(), description="names in GATES")
    clock: ClockAction = Field(
        default="keep", description="what the person's clock does"
    )
    state: JobPhase = Field(description="the job's phase after it")


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

    def allowed(self, job: "JobState") -> tuple[str, ...]:
        """Codes of the nodes that may follow in the job's state."""
        if job.node is None:
            return tuple(node.code for node in self.nodes if node.initial)
        current = self.node(job.node)
        return current.next if current else ()

    def problems(self) -> list["Refusal"]:
        """Why a job in this process could never be finished; empty when it can."""
        found = []
        if not any(node.initial for node in self.nodes):
            found.append(Refusal(code="process_no_start"))
        reachable = self._closure({node.code for node in self.nodes if node.initial})
        finishing = {
            node.code
            for node in self.nodes
            if node.state == "qc_passed" and not node.next
        }
        for node in self.nodes:
            params = {"node": node.code}
            if node.code not in reachable:
                found.append(Refusal(code="process_unreachable", params=params))
            elif not finishing & self._closure({node.code}):
                found.append(Refusal(code="process_dead_end", params=params))
            if not node.roles:
                found.append(Refusal(code="process_nobody_may", params=params))
            found += [
                Refusal(code="process_unknown_gate", params={**params, "gate": gate})
                for gate in node.gates
                if gate not in GATES
            ]
        return found

    def _closure(self, start: set[str]) -> set[str]:
        following = {node.code: set(node.next) for node in self.nodes}
        seen: set[str] = set()
        waiting = set(start)
        while waiting:
            code = waiting.pop()
            seen.add(code)
            waiting |= following[code] - seen
        return seen


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


class Person(Message):
    """Who confirms: what counts of him here."""

    id: RecordId
    roles: tuple[Code, ...] = ()
    running_job: RecordId | None = Field(
        default=None, description="the job his clock runs on, over all stores"
    )


class Confirmation(Message):
    """What a person said happened."""

    job: RecordId
    node: Code
    at: int = Field(description="when, in milliseconds since 1970")
    photos: Annotated[int, Field(ge=0)] = 0
    reason: Code | None = None


class Refusal(Message):
    """Why not, as a key of ``wording.WORDING`` with its parameters."""

    code: Code
    params: dict[str, Any] = {}


class Applied(Message):
    """The state after a confirmation."""

    job: JobState
    person: Person


Gate = Callable[[Node, JobState, Person, Confirmation], Refusal | None]
GATES: dict[str, Gate] = {}
"""What a node may demand beyond role, photos and reason; a bay judges these offline."""


def gate(name: str) -> Callable[[Gate], Gate]:
    """Register a gate under the name that a process uses for it."""

    def register(function: Gate) -> Gate:
        GATES[name] = function
        return function

    return register


@gate("own_job")
def _own_job(
    node: Node, job: JobState, person: Person, confirmation: Confirmation
) -> Refusal | None:
    """Only the person whose clock runs on the job."""
    if job.running == person.id:
        return None
    return Refusal(code="not_your_job", params={"running": job.running})


@gate("other_person")
def _other_person(
    node: Node, job: JobState, person: Person, confirmation: Confirmation
) -> Refusal | None:
    """Nobody judges his own work."""
    if person.id in job.workers:
        return Refusal(code="own_work")
    return None


def judge(
    process: Process, job: JobState, person: Person, confirmation: Confirmation
) -> Applied | Refusal:
    """Apply one confirmation to a job, or say why not.

    Checks run from what the person can least change to what he can mend at once, and
    the first that fails is the answer.
    """
    node = process.node(confirmation.node)
    if node is None:
        return Refusal(code="node_unknown", params={"node": confirmation.node})
    refusal = (
        _check_order(process, job, node)
        or _check_role(node, person)
        or _check_gates(node, job, person, confirmation)
        or _check_clock(node, job, person, confirmation)
        or _check_evidence(node, confirmation)
    )
    return refusal or _apply(node, job, person, confirmation)


def fold(
    processes: Mapping[int, Process],
    jobs: Mapping[int, JobState],
    persons: Mapping[int, Person],
    confirmations: list[tuple[int, Confirmation]],
) -> tuple[dict[int, JobState], dict[int, Person]]:
    """The state after confirmations, each with its person's id; refused ones fall out.

    What a bay shows is its board folded with its events that have no final outcome.

    :param processes: by job.
    """
    jobs_now, persons_now = dict(jobs), dict(persons)
    for person_id, confirmation in confirmations:
        job = jobs_now.get(confirmation.job)
        person = persons_now.get(person_id)
        if job is None or person is None:
            continue
        result = judge(processes[confirmation.job], job, person, confirmation)
        if isinstance(result, Applied):
            jobs_now[confirmation.job] = result.job
            persons_now[person_id] = result.person
    return jobs_now, persons_now


def _check_order(process: Process, job: JobState, node: Node) -> Refusal | None:
    allowed = process.allowed(job)
    if node.code in allowed:
        return None
    return Refusal(
        code="node_not_now",
        params={"node": node.code, "after": job.node, "allowed": list(allowed)},
    )


def _check_role(node: Node, person: Person) -> Refusal | None:
    if set(node.roles) & set(person.roles):
        return None
    return Refusal(code="role_missing", params={"roles": list(node.roles)})


def _check_gates(
    node: Node, job: JobState, person: Person, confirmation: Confirmation
) -> Refusal | None:
    for name in node.gates:
        check = GATES.get(name)
        if check is None:
            return Refusal(code="gate_unknown", params={"gate": name})
        if refusal := check(node, job, person, confirmation):
            return refusal
    return None


def _check_clock(
    node: Node, job: JobState, person: Person, confirmation: Confirmation
) -> Refusal | None:
    if node.clock != "start":
        return None
    if person.running_job is not None:
        return Refusal(code="person_busy", params={"job": person.running_job})
    if job.running is not None:
        return Refusal(code="job_taken", params={"running": job.running})
    return None


def _check_evidence(node: Node, confirmation: Confirmation) -> Refusal | None:
    if confirmation.photos < node.photos:
        return Refusal(
            code="photos_missing",
            params={"need": node.photos, "have": confirmation.photos},
        )
    if node.reasons and confirmation.reason not in node.reasons:
        return Refusal(code="reason_missing", params={"reasons": list(node.reasons)})
    return None


def _apply(
    node: Node, job: JobState, person: Person, confirmation: Confirmation
) -> Applied:
    job_update: dict[str, Any] = {"node": node.code, "phase": node.state}
    if node.clock == "start":
        job_update |= {
            "running": person.id,
            "since": confirmation.at,
            "workers": tuple(sorted({*job.workers, person.id})),
        }
        person = person.model_copy(update={"running_job": confirmation.job})
    elif node.clock == "stop" and job.running is not None:
        elapsed = max(0, confirmation.at - (job.since or confirmation.at))
        job_update |= {
            "running": None,
            "since": None,
            "worked_ms": job.worked_ms + elapsed,
        }
        if job.running == person.id:
            person = person.model_copy(update={"running_job": None})
    return Applied(job=job.model_copy(update=job_update), person=person)
