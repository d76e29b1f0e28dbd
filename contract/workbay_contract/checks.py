"""The steps of a procedure: checked off one by one, measured where a limit is given."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from workbay_contract.refusal import Refusal
from workbay_contract.types import Code, Message, RecordId

MAX_CHECKS = 100
"""So many steps one event may check off."""

Value = Annotated[str, Field(pattern=r"^-?\d{1,9}(\.\d{1,3})?$")]
"""A measured value in decimal; a string, so that its bytes are the same everywhere."""

StepDemand = Literal["none", "all", "checks"]
"""Which steps a node demands: none, all of them, or those that are checks."""


class Check(Message):
    """A step checked off, with what was measured."""

    step: RecordId
    value: Value | None = None


class Tick(Message):
    """A line of a node's own checklist ticked, or a value that it demands."""

    code: Code
    value: Value | None = None


class Step(Message):
    """What counts of a step here."""

    id: RecordId | None = Field(default=None, description="None: cannot be checked off")
    is_check: bool = Field(default=False, description="looked at or measured")
    limit_min: float | None = None
    limit_max: float | None = None

    @property
    def is_measured(self) -> bool:
        return self.limit_min is not None or self.limit_max is not None

    def is_within(self, value: str) -> bool:
        """Whether a measured value keeps the limits."""
        measured = Decimal(value)
        if self.limit_min is not None and measured < Decimal(str(self.limit_min)):
            return False
        return self.limit_max is None or measured <= Decimal(str(self.limit_max))

    def limits(self) -> str:
        """The limits in few signs."""
        low = "" if self.limit_min is None else f"{self.limit_min:g}"
        high = "" if self.limit_max is None else f"{self.limit_max:g}"
        if low and high:
            return f"{low} – {high}"
        return f"≥ {low}" if low else f"≤ {high}"


def merged(known: Iterable[Check], new: Iterable[Check]) -> tuple[Check, ...]:
    """What is checked off after ``new``: a step done anew counts as it is now."""
    by_step = {check.step: check for check in known}
    by_step |= {check.step: check for check in new}
    return tuple(by_step[step] for step in sorted(by_step))


def outside(steps: Sequence[Step], checks: Iterable[Check]) -> list[tuple[Step, str]]:
    """Steps whose measured value breaks their limits, with the value."""
    by_id = {step.id: step for step in steps}
    return [
        (step, check.value)
        for check in checks
        if check.value is not None
        and (step := by_id.get(check.step)) is not None
        and not step.is_within(check.value)
    ]


def refuse_values(steps: Sequence[Step], new: Sequence[Check]) -> Refusal | None:
    """What is checked off has to be of the procedure, and measured where it says so."""
    by_id = {step.id: step for step in steps}
    for check in new:
        step = by_id.get(check.step)
        if step is None:
            return Refusal(code="step_unknown", params={"step": check.step})
        if step.is_measured and check.value is None:
            return Refusal(code="value_missing", params={"step": check.step})
    return None


def refuse_demand(
    demand: StepDemand,
    steps: Sequence[Step],
    known: Sequence[Check],
    settled: Sequence[Check],
    new: Sequence[Check],
) -> Refusal | None:
    """Whether a node has its steps: all of the job's so far, or the checks anew.

    A value outside its limits stands in the way until it is measured anew, or until
    the office has settled that very value.
    """
    if demand == "none":
        return None
    counted = merged(known, new) if demand == "all" else merged((), new)
    wanted = [step for step in steps if step.id and (demand == "all" or step.is_check)]
    done = {check.step for check in counted}
    if missing := [step.id for step in wanted if step.id not in done]:
        return Refusal(
            code="steps_missing", params={"missing": len(missing), "steps": missing}
        )
    return refuse_outside(steps, counted, settled)


def refuse_outside(
    steps: Sequence[Step], counted: Iterable[Check], settled: Sequence[Check]
) -> Refusal | None:
    """The first value outside its limits that the office has not settled."""
    for step, value in outside(steps, counted):
        if Check(step=step.id or 1, value=value) not in settled:
            return Refusal(
                code="value_outside",
                params={"step": step.id, "value": value, "limits": step.limits()},
            )
    return None
