from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from workbay_contract.events import MediaRef
from workbay_contract.interpreter import Refusal


@dataclass(slots=True, kw_only=True)
class Fact:
    """One event whose origin is proved and whose bytes are decoded.

    :ivar uuid: None where the event may not claim one (another one has it already).
    :ivar sheet: hash of the scanned sheet's token; None: no sheet was demanded.
    :ivar user_id: who confirmed; None: nobody that is known here.
    :ivar at_ms: corrected time, milliseconds since 1970.
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
    mark: int | None = None
    refusal: Refusal | None = None
    hold: str | None = None
    columns: dict[str, Any] = field(default_factory=dict)


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
