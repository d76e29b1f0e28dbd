"""What a source says that happened, and what became of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from workbay_contract.checks import Check, Tick
from workbay_contract.confirmation import Confirmation
from workbay_contract.events import MediaRef
from workbay_contract.interpreter import replay
from workbay_contract.process import JobState, Process
from workbay_contract.refusal import Refusal


@dataclass(slots=True)
class Past:
    """An applied event of the log, as far as a job's state is made of it.

    :ivar undone_by: the event that undid it later.
    :ivar media: how many photos, videos and signatures it names.
    """

    event_id: int
    job_id: int
    bay_id: int | None
    user_id: int
    node: str
    at_ms: int
    reason: str | None
    clock: str | None
    checks: tuple[Check, ...] = ()
    undone_by: int | None = None
    media: int = 0

    def again(self, process: Process, state: JobState) -> JobState | None:
        """Apply it, which was judged once; None where it does not follow."""
        if not self.node:
            return state
        confirmation = Confirmation.model_construct(
            job=self.job_id,
            node=self.node,
            at=self.at_ms,
            photos=self.media,
            reason=self.reason,
            checks=self.checks,
        )
        return replay(process, state, self.user_id, confirmation)


@dataclass(slots=True, kw_only=True)
class Fact:
    """One event whose origin is proved and whose bytes are decoded.

    :ivar uuid: None where the event may not claim one (another one has it already).
    :ivar kind: as in the log; ``gap`` concerns no order.
    :ivar sheet: hash of the scanned sheet's token; None: no sheet was demanded.
    :ivar user_id: whose confirmation it is; None: nobody that is known here.
    :ivar actor_id: who typed it, where that is not the same.
    :ivar at_ms: corrected time, milliseconds since 1970.
    :ivar effective_ms: from when on it counts, where that is not ``at_ms``.
    :ivar target_id: the event that a decision or correction is about.
    :ivar decision: what was decided about it.
    :ivar note: why, in words.
    :ivar photos: how many photos prove it, where ``media`` does not say.
    :ivar before: of a correction, the job's applied events without the one undone.
    :ivar settles: the value outside its limits that the office settles.
    :ivar redoes: the value outside its limits that does not count: the step is done
        and measured anew.
    :ivar mark: highest event id that the board it was made under reflects; None: no
        board, or one that is not known any more.
    :ivar refusal: why whoever checked the origin has refused it already.
    :ivar hold: keep it as held with this code, without judging it.
    :ivar columns: further columns of the log row, the same ones for all facts.
    """

    raw: str
    raw_hash: str
    uuid: str | None
    kind: str = "node"
    order_id: int | None = None
    job_id: int | None = None
    node: str | None = None
    sheet: str | None = None
    user_id: int | None = None
    at_ms: int
    wall: datetime | None = None
    is_doubtful: bool = False
    reason: str | None = None
    media: tuple[MediaRef, ...] = ()
    checks: tuple[Check, ...] = ()
    ticks: tuple[Tick, ...] = ()
    signature: str | None = None
    actor_id: int | None = None
    effective_ms: int | None = None
    target_id: int | None = None
    decision: str | None = None
    note: str | None = None
    photos: int | None = None
    before: tuple[Past, ...] = ()
    settles: Check | None = None
    redoes: Check | None = None
    mark: int | None = None
    refusal: Refusal | None = None
    hold: str | None = None
    columns: dict[str, Any] = field(default_factory=dict)

    def confirmation(self) -> Confirmation:
        """What the interpreter judges of it."""
        # The contract has checked every value already, when it decoded the event.
        photos, signature = self.photos, self.signature
        if signature is not None and self.decision is None:
            # Its picture is one of the media, and no photo of the work.
            pictures = [media.sha256 for media in self.media]
            signature = signature if signature in pictures else None
            if photos is None:
                photos = len(pictures) - pictures.count(signature)
        return Confirmation.model_construct(
            job=self.job_id,
            node=self.node,
            at=self.at_ms if self.effective_ms is None else self.effective_ms,
            photos=len(self.media) if photos is None else photos,
            reason=self.reason,
            checks=self.checks,
            ticks=self.ticks,
            signature=signature,
        )


@dataclass(slots=True)
class Source:
    """Where facts come from, in the order in which they happened there."""

    company_id: int
    bay_id: int | None
    facts: list[Fact]


@dataclass(slots=True)
class Verdict:
    """What became of one fact.

    :ivar clock: what an applied event did to its person's clock.
    :ivar error: the unexpected exception behind a ``retry``.
    """

    fact: Fact
    source: Source
    result: str
    effect: str = "none"
    code: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    event_id: int | None = None
    order_id: int | None = None
    job_id: int | None = None
    clock: str | None = None
    chain_index: int | None = None
    chain_hash: str | None = None
    error: Exception | None = None

    @property
    def is_final(self) -> bool:
        return self.result != "retry"
