"""Gates: what a node may demand of a confirmation beyond role and evidence."""

from collections.abc import Callable

from workbay_contract.confirmation import Confirmation, Person
from workbay_contract.process import JobState, Node
from workbay_contract.refusal import Refusal

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
