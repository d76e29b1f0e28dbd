"""What a bay says about itself on ``state``, and the bridge's commands to it."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter, ValidationError

from workbay_contract.errors import MalformedError
from workbay_contract.types import DeviceId, Hash, Message, Milliseconds, canonical


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


def read_state(payload: bytes | str) -> Hello | Beat | Gone:
    """:raises MalformedError: not a state message."""
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
