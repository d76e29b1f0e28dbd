"""The board: what a bay knows of its store, signed by Odoo.

A bay's state is always its newest board folded with its own events that have no final
outcome; it is never stored on its own.
"""

from typing import Annotated, Literal
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from pydantic import BeforeValidator, Field, ValidationError

from workbay_contract import signed
from workbay_contract.checkpoint import Checkpoint
from workbay_contract.checks import Step
from workbay_contract.confirmation import Certificate
from workbay_contract.errors import MalformedError
from workbay_contract.process import JobState, Process
from workbay_contract.types import (
    Code,
    DeviceId,
    Hash,
    Message,
    Milliseconds,
    RecordId,
    Sequence,
    canonical,
)
from workbay_contract.wording import ENGLISH


def _in_languages(tool: object) -> object:
    """A board of old has a step's tool in one language, or null."""
    return {ENGLISH: tool} if isinstance(tool, str) else tool or {}


class BoardStep(Step):
    """One step of a procedure, to read and to check off."""

    name: dict[str, str]
    instruction: dict[str, str] = {}
    tool: Annotated[dict[str, str], BeforeValidator(_in_languages)] = {}
    unit: str | None = None
    # Left out where there is none: most steps have none, and boards are long.
    picture: Hash | None = Field(
        default=None,
        description="SHA-256 of the JPEG that shows it",
        exclude_if=lambda sha256: sha256 is None,
    )


class BoardJob(Message):
    """A job with where it stands."""

    id: RecordId
    name: dict[str, str]
    process: Annotated[int, Field(ge=1)] = Field(description="key of Board.processes")
    hours: float = Field(description="standard labour hours")
    off_standard: bool = Field(
        default=False, description="agreed in words, of no standard of HQ's"
    )
    procedure: RecordId | None = Field(
        default=None, description="key of Board.procedures; none: no steps"
    )
    state: JobState


class BoardOrder(Message):
    """An open order of the store."""

    id: RecordId
    name: str
    sheet: Hash = Field(description="SHA-256 of the token on its sheet")
    plate: str
    vehicle: str
    complaint: str = ""
    jobs: tuple[BoardJob, ...]


class BoardPerson(Message):
    """Somebody who may confirm something in this store."""

    id: RecordId
    badge: Hash = Field(description="SHA-256 of the token on the badge")
    valid_to: Milliseconds | None = None
    name: str
    lang: str
    roles: tuple[Code, ...]
    running_job: RecordId | None = None
    certificates: tuple[Certificate, ...] = ()


class OpenIssue(Message):
    """An event whose outcome somebody has still to deal with in Odoo."""

    seq: Sequence | None = None
    order: RecordId
    job: RecordId
    person: RecordId
    node: Code
    result: Literal["rejected", "held"]
    code: Code | None = None
    params: dict[str, object] = {}
    at: Milliseconds
    # Its order may have left the board, and with it every name.
    order_name: str = ""
    job_name: dict[str, str] = Field(default={}, description="by language code")
    node_name: dict[str, str] = Field(default={}, description="by language code")


class Board(Message):
    """Version ``version`` of what one bay knows."""

    v: Literal[1] = 1
    device: DeviceId
    bay: UUID
    version: Annotated[int, Field(ge=1)]
    made_at: Milliseconds
    store: str
    bay_name: str
    lang: str = Field(description="language while nobody is at the bay")
    processes: dict[int, Process]
    procedures: dict[int, tuple[BoardStep, ...]] = Field(
        default={}, description="steps, once for all jobs that take them"
    )
    persons: tuple[BoardPerson, ...]
    skills: dict[RecordId, dict[str, str]] = Field(
        default={}, description="names, by language, of what the jobs demand"
    )
    orders: tuple[BoardOrder, ...]
    issues: tuple[OpenIssue, ...] = ()
    checkpoints: tuple[Checkpoint, ...] = Field(
        default=(), description="the newest of them, by number; for the bay to keep"
    )


def sign_board(key: Ed25519PrivateKey, board: Board) -> str:
    """The text to publish on the bay's ``board`` topic.

    :raises OversizeError: more than 256 KiB compressed.
    """
    return signed.sign(key, "board", canonical(board.model_dump(mode="json")))


def read_board(public: Ed25519PublicKey, message: bytes | str) -> Board:
    """:raises ContractError: not a board that Odoo signed."""
    body = signed.unwrap(public, "board", message)
    try:
        return Board.model_validate_json(body)
    except ValidationError as error:
        raise MalformedError("not a board") from error
