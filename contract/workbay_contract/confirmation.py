"""A confirmation: who says what of a job, and the state that it makes."""

from typing import Annotated

from pydantic import Field

from workbay_contract.checks import Check, Tick
from workbay_contract.process import JobState
from workbay_contract.types import Code, Hash, Message, RecordId


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
