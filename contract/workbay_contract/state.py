"""What a bay says about itself on ``state``, and the bridge's commands to it."""

from typing import Annotated, Literal
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from pydantic import Field, TypeAdapter, ValidationError

from workbay_contract import keys
from workbay_contract.checkpoint import Mark, Number
from workbay_contract.errors import MalformedError
from workbay_contract.types import (
    DeviceId,
    Hash,
    Message,
    Milliseconds,
    Signature,
    canonical,
)


def _is_none(value: object) -> bool:
    return value is None


class Health(Message):
    """How the bay fares; sent with ``hello`` and each minute."""

    agent: Annotated[str, Field(max_length=40)] = Field(description="agent version")
    waiting: Annotated[int, Field(ge=0)] = Field(
        description="events without final outcome"
    )
    media_waiting: Annotated[int, Field(ge=0)] = 0
    disk_free_mb: Annotated[int, Field(ge=0)] = 0
    media_full: bool = Field(
        default=False, description="no room is left for new photos; events are kept"
    )
    camera: bool = True
    # Left out where there is none: a bay without them says what it said before.
    checkpoint: Mark | None = Field(
        default=None, exclude_if=_is_none, description="the newest one held"
    )
    contradicted: Number | None = Field(
        default=None,
        exclude_if=_is_none,
        description="number of the first checkpoint that came and did not agree with"
        " what is held",
    )
    wall: Milliseconds | None = Field(
        default=None, description="the bay's own wall clock, right or wrong"
    )
    synced: bool = Field(default=True, description="whether it says it is synchronised")
    certificate_until: Milliseconds | None = Field(
        default=None, description="when the device's certificate ends"
    )


class _State(Message):
    v: Literal[1] = 1
    device: DeviceId
    sig: Signature | None = Field(
        default=None,
        exclude_if=_is_none,
        description="Ed25519 of the device over 'workbay-state-v1', a line feed and the"
        " canonical rest; Odoo passes over a message without it",
    )


class Hello(_State):
    """First message of every connection, and the answer to ``hello_please``."""

    kind: Literal["hello"] = "hello"
    nonce: Hash = Field(description="comes back in the signed answer")
    board: Annotated[int, Field(ge=0)] = Field(
        description="board version held; 0: none"
    )
    last_seq: Annotated[int, Field(ge=0)] = Field(description="last sequence sealed")
    last_seal: Hash
    boot: UUID
    mono: Milliseconds
    key: Hash | None = Field(
        default=None, description="Odoo's public key that the bay goes by"
    )
    health: Health


class Beat(_State):
    """Each minute; also renews the pairing of this boot's clock with the server's."""

    kind: Literal["health"] = "health"
    boot: UUID
    mono: Milliseconds
    health: Health


class Gone(_State):
    """The last will."""

    kind: Literal["gone"] = "gone"


State = Annotated[Hello | Beat | Gone, Field(discriminator="kind")]
_STATE: TypeAdapter[Hello | Beat | Gone] = TypeAdapter(State)


class Command(Message):
    """From the bridge. None of them can lose or change anything at the bay."""

    v: Literal[1] = 1
    command: Literal["resend", "hello_please", "rotate"]


def encode(message: Hello | Beat | Gone | Command) -> bytes:
    return canonical(message.model_dump(mode="json"))


def seal(key: Ed25519PrivateKey, message: Hello | Beat | Gone) -> bytes:
    """What a device sends of itself.

    Its times correct those of its events, and its silence or its loss raises an alarm:
    nobody on the way, and no other device, may say that for it.
    """
    signature = key.sign(_signed(message)).hex()
    return encode(message.model_copy(update={"sig": signature}))


def check(public: Ed25519PublicKey, message: Hello | Beat | Gone) -> None:
    """:raises SealError: the device did not say this."""
    keys.check(public, message.sig or "", _signed(message))


def _signed(message: Hello | Beat | Gone) -> bytes:
    body = canonical(message.model_dump(mode="json", exclude={"sig"}))
    return b"workbay-state-v1\n" + body


def read_state(payload: bytes | str) -> Hello | Beat | Gone:
    """What is said, not believed: ``check`` tells who said it.

    :raises MalformedError: not a state message.
    """
    try:
        return _STATE.validate_json(payload)
    except ValidationError as error:
        raise MalformedError("not a state message") from error


def read_command(payload: bytes | str) -> Command:
    """:raises MalformedError: not a command."""
    try:
        return Command.model_validate_json(payload)
    except ValidationError as error:
        raise MalformedError("not a command") from error
