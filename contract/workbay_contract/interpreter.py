"""The process interpreter: HQ draws a process as data, this code only reads it.

Bay, bridge-less browser and Odoo all judge a confirmation here, so what is refused
offline is what Odoo would refuse, in the same words. Nothing here does I/O, reads a
clock or knows Odoo: state in, state out.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, PlainSerializer, model_validator

from workbay_contract import checks
from workbay_contract.checks import Check, Step, StepDemand, Tick
from workbay_contract.refusal import Refusal as Refusal
from workbay_contract.types import Code, Hash, Message, RecordId

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
        found = [problem for node in self.nodes for problem in _problems_of(node)]
        if not any(node.initial for node in self.nodes):
            return [Refusal(code="process_no_start"), *found]
        return found + self._problems_on_the_way()

    def _problems_on_the_way(self) -> list["Refusal"]:
        """What shows only by walking every way that a job could take."""
        ways = self._ways()
        reached = {code for code, _running in ways}
        finishing = {
            (code, running)
            for code, running in ways
            if self._is_final(code) and not running
        }
        found = []
        for node in self.nodes:
            places = {place for place in ways if place[0] == node.code}
            params = {"node": node.code}
            if node.code not in reached:
                led_to = any(
                    node.code in other.next
                    for other in self.nodes
                    if other.code in reached
                )
                shut = led_to or node.initial
                code = "process_shut" if shut else "process_unreachable"
                found.append(Refusal(code=code, params=params))
            elif self._is_final(node.code) and not places <= finishing:
                found.append(Refusal(code="process_clock_runs", params=params))
            elif any(not finishing & _closure(ways, place) for place in places):
                found.append(Refusal(code="process_dead_end", params=params))
        return found

    def _is_final(self, code: str) -> bool:
        node = self.node(code)
        return node is not None and node.state == "qc_passed" and not node.next

    def _ways(self) -> "Ways":
        """Where a job may stand (node, whether a clock runs), and what may follow."""
        nodes = {node.code: node for node in self.nodes}
        ways: Ways = {}
        waiting = {
            place
            for node in self.nodes
            if node.initial and (place := _step(node, False))
        }
        while waiting:
            place = waiting.pop()
            code, running = place
            ways[place] = {
                following
                for name in nodes[code].next
                if (following := _step(nodes[name], running))
            }
            waiting |= ways[place] - set(ways)
        return ways


Place = tuple[str, bool]
Ways = dict[Place, set[Place]]


def _problems_of(node: Node) -> list["Refusal"]:
    """What makes a node impossible wherever it stands."""
    params = {"node": node.code}
    found = []
    if not node.roles:
        found.append(Refusal(code="process_nobody_may", params=params))
    found += [
        Refusal(code="process_unknown_gate", params={**params, "gate": gate})
        for gate in node.gates
        if gate not in GATES and gate not in OFFICE_GATES
    ]
    if {"own_job", "other_person"} <= set(node.gates):
        found.append(Refusal(code="process_gates_exclude", params=params))
    for items in (node.checklist, node.measurements):
        codes = [item.code for item in items]
        if len(set(codes)) != len(codes):
            found.append(Refusal(code="process_evidence_twice", params=params))
    found += [
        Refusal(
            code="process_limits",
            params={**params, "value": measurement.code},
        )
        for measurement in node.measurements
        if measurement.limit_min is not None
        and measurement.limit_max is not None
        and measurement.limit_min > measurement.limit_max
    ]
    return found


def _step(node: Node, running: bool) -> Place | None:
    """Where a job stands after the node; None: nobody could confirm it here."""
    if running and node.clock == "start":
        return None
    if not running and "own_job" in node.gates:
        return None
    return node.code, node.clock == "start" or (running and node.clock == "keep")


def _closure(ways: Ways, start: Place) -> set[Place]:
    seen: set[Place] = set()
    waiting = {start}
    while waiting:
        place = waiting.pop()
        seen.add(place)
        waiting |= ways[place] - seen
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


class Certificate(Message):
    """A skill that a person is certified for, and as long as that holds."""

    skill: RecordId
    valid_from: int | None = Field(
        default=None, description="ms since 1970; None: for ever until now"
    )
    valid_to: int | None = Field(
        default=None, description="ms since 1970, not counting itself; None: for good"
    )

    def holds(self, at: int) -> bool:
        """Whether it is valid at an instant, in milliseconds since 1970."""
        if self.valid_from is not None and at < self.valid_from:
            return False
        return self.valid_to is None or at < self.valid_to


class Person(Message):
    """Who confirms: what counts of him here."""

    id: RecordId
    roles: tuple[Code, ...] = ()
    running_job: RecordId | None = Field(
        default=None, description="the job his clock runs on, over all stores"
    )
    certificates: tuple[Certificate, ...] = Field(
        default=(), description="what he is or was certified for"
    )


class Confirmation(Message):
    """What a person said happened."""

    job: RecordId
    node: Code
    at: int = Field(description="when, in milliseconds since 1970")
    photos: Annotated[int, Field(ge=0)] = 0
    reason: Code | None = None
    checks: tuple[Check, ...] = Field(
        default=(), description="steps checked off since the last confirmation"
    )
    ticks: tuple[Tick, ...] = Field(
        default=(), description="the node's own checklist and measurements"
    )
    signature: Hash | None = Field(
        default=None, description="SHA-256 of the signature's picture"
    )


class Applied(Message):
    """The state after a confirmation."""

    job: JobState
    person: Person


Gate = Callable[[Node, JobState, Person, Confirmation], Refusal | None]
GATES: dict[str, Gate] = {}
"""What a node may demand beyond role and evidence; a bay judges these offline."""

OFFICE_GATES: dict[str, str] = {}
"""Gates that the office opens, each with the refusal while it is shut.

Odoo puts the names of those that are open on the job (``JobState.facts``); a bay only
looks whether the name is there, so a gate whose addon it has never heard of stays shut.
"""


def gate(name: str) -> Callable[[Gate], Gate]:
    """Register a gate under the name that a process uses for it."""

    def register(function: Gate) -> Gate:
        GATES[name] = function
        return function

    return register


def office_gate(name: str, refusal: str = "gate_shut") -> None:
    """Register a gate that the office opens, with its key of ``wording.WORDING``."""
    if name in GATES:
        raise ValueError(f"{name} is a gate of the bay")
    OFFICE_GATES[name] = refusal


MEDIA_VERIFIED = "media_verified"
"""The gate that a confirmation shuts itself, by a photo: its bytes have still to come.
Odoo opens it when they are verified, or when somebody signed for their absence."""

office_gate("parts_issued", "parts_not_issued")
office_gate("inspection_accepted", "inspection_not_accepted")
office_gate(MEDIA_VERIFIED, "media_not_verified")


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


@gate("certificate")
def _certificate(
    node: Node, job: JobState, person: Person, confirmation: Confirmation
) -> Refusal | None:
    """Only who is certified, at that moment, for every skill that the job demands."""
    held = {
        certificate.skill
        for certificate in person.certificates
        if certificate.holds(confirmation.at)
    }
    if missing := [skill for skill in job.skills if skill not in held]:
        return Refusal(code="certificate_missing", params={"skills": missing})
    return None


def judge(
    process: Process,
    job: JobState,
    person: Person,
    confirmation: Confirmation,
    steps: Sequence[Step] = (),
) -> Applied | Refusal:
    """Apply one confirmation to a job, or say why not.

    Checks run from what the person can least change to what he can mend at once, and
    the first that fails is the answer.

    :param steps: of the job's procedure.
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
        or checks.refuse_values(steps, confirmation.checks)
        or checks.refuse_demand(
            node.steps, steps, job.checks, job.settled, confirmation.checks
        )
        or _check_values(node, job, confirmation, steps)
    )
    return refusal or _apply(node, job, person, confirmation)


def replay(
    process: Process, job: JobState, person: int, confirmation: Confirmation
) -> JobState | None:
    """Apply what was judged once, when whoever did it was allowed to.

    Only its place among the others is judged: role, gates and evidence were.

    :return: None where it does not follow the job's state.
    """
    node = process.node(confirmation.node)
    if node is None or _check_order(process, job, node):
        return None
    if (node.clock == "start" and job.running) or (
        node.clock == "stop" and not job.running
    ):
        return None
    return _apply(node, job, Person(id=person), confirmation).job


def fold(
    processes: Mapping[int, Process],
    jobs: Mapping[int, JobState],
    persons: Mapping[int, Person],
    confirmations: list[tuple[int, Confirmation]],
    steps: Mapping[int, Sequence[Step]] | None = None,
) -> tuple[dict[int, JobState], dict[int, Person]]:
    """The state after confirmations, each with its person's id; refused ones fall out.

    What a bay shows is its board folded with its events that have no final outcome.

    :param processes: by job; so are the steps.
    """
    procedures = steps or {}
    jobs_now, persons_now = dict(jobs), dict(persons)
    for person_id, confirmation in confirmations:
        job = jobs_now.get(confirmation.job)
        person = persons_now.get(person_id)
        if job is None or person is None:
            continue
        result = judge(
            processes[confirmation.job],
            job,
            person,
            confirmation,
            procedures.get(confirmation.job, ()),
        )
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
            if name in job.facts:
                continue
            code = OFFICE_GATES.get(name, "gate_unknown")
            return Refusal(code=code, params={"gate": name})
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
    if refusal := _check_ticks(node, confirmation):
        return refusal
    if node.signature != "none" and confirmation.signature is None:
        return Refusal(code="signature_missing", params={"signer": node.signature})
    return None


def _check_values(
    node: Node, job: JobState, confirmation: Confirmation, steps: Sequence[Step]
) -> Refusal | None:
    """Nothing is finished or passed with a value that nobody has dealt with."""
    if node.state not in FINISHED:
        return None
    known = checks.merged(job.checks, confirmation.checks)
    return checks.refuse_outside(steps, known, job.settled)


def _check_ticks(node: Node, confirmation: Confirmation) -> Refusal | None:
    ticks = {tick.code: tick for tick in confirmation.ticks}
    missing = [item.code for item in node.checklist if item.code not in ticks]
    missing += [
        each.code
        for each in node.measurements
        if each.code not in ticks or ticks[each.code].value is None
    ]
    if missing:
        return Refusal(
            code="checklist_missing", params={"missing": len(missing), "items": missing}
        )
    for each in node.measurements:
        limits = Step(limit_min=each.limit_min, limit_max=each.limit_max)
        value = ticks[each.code].value
        if value is not None and not limits.is_within(value):
            return Refusal(
                code="measurement_outside",
                params={"item": each.code, "value": value, "limits": limits.limits()},
            )
    return None


def _apply(
    node: Node, job: JobState, person: Person, confirmation: Confirmation
) -> Applied:
    job_update: dict[str, Any] = {"node": node.code, "phase": node.state}
    if node.state == "waiting":
        # Rework: the procedure is gone through anew.
        job_update |= {"checks": (), "settled": ()}
    elif confirmation.checks:
        job_update["checks"] = checks.merged(job.checks, confirmation.checks)
    if MEDIA_VERIFIED in job.facts and (confirmation.photos or confirmation.signature):
        job_update["facts"] = job.facts - {MEDIA_VERIFIED}
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
    # Both were valid before, and what changed in them is taken from what was, too.
    return Applied.model_construct(job=job.model_copy(update=job_update), person=person)
