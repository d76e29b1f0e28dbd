"""The process interpreter: HQ draws a process as data, this code only reads it.

Bay, bridge-less browser and Odoo all judge a confirmation here, so what is refused
offline is what Odoo would refuse, in the same words. Nothing here does I/O, reads a
clock or knows Odoo: state in, state out.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from workbay_contract import checks
from workbay_contract.checks import Step
from workbay_contract.confirmation import Applied, Confirmation, Person
from workbay_contract.gates import GATES, MEDIA_VERIFIED, OFFICE_GATES
from workbay_contract.process import FINISHED, JobState, Node, Process
from workbay_contract.refusal import Refusal


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
