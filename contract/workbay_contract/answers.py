"""What Odoo answers to a batch or a hello; each is signed (see ``signed``)."""

from typing import Annotated, Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from pydantic import Field, TypeAdapter, ValidationError

from workbay_contract import signed
from workbay_contract.errors import MalformedError
from workbay_contract.types import (
    Code,
    DeviceId,
    Hash,
    Message,
    Milliseconds,
    Sequence,
    canonical,
)

Result = Literal["accepted", "rejected", "retry"]
Effect = Literal["applied", "held", "none"]


class Outcome(Message):
    """What became of one event. Final unless it is ``retry``."""

    seq: Sequence
    result: Result
    effect: Effect = "none"
    code: Code | None = Field(default=None, description="key of wording.WORDING")
    params: dict[str, Any] = {}
    duplicate: bool = False

    @property
    def is_final(self) -> bool:
        return self.result != "retry"


class _Answer(Message):
    v: Literal[1] = 1
    device: DeviceId
    server_time: Milliseconds


class Outcomes(_Answer):
    """One outcome per event of the batch whose seal's hash is ``seal``."""

    kind: Literal["outcomes"] = "outcomes"
    seal: Hash
    outcomes: tuple[Outcome, ...]


class Refused(_Answer):
    """The batch as a whole cannot be taken; ``last_*`` say where to continue."""

    kind: Literal["refused"] = "refused"
    payload: Hash = Field(description="SHA-256 of the payload that is refused")
    code: Literal["malformed", "oversize", "version", "seal", "gap", "device"]
    last_seq: Annotated[int, Field(ge=0)]
    last_seal: Hash


class Welcome(_Answer):
    """The answer to ``hello``: what Odoo has of this device."""

    kind: Literal["welcome"] = "welcome"
    nonce: Hash
    last_seq: Annotated[int, Field(ge=0)]
    last_seal: Hash
    board: Annotated[int, Field(ge=0)] = Field(description="newest board version")


Answer = Annotated[Outcomes | Refused | Welcome, Field(discriminator="kind")]
_ANSWER: TypeAdapter[Outcomes | Refused | Welcome] = TypeAdapter(Answer)


def sign_answer(key: Ed25519PrivateKey, answer: Outcomes | Refused | Welcome) -> str:
    """The text to publish on the bay's ``outcomes`` topic."""
    return signed.sign(key, "answer", canonical(answer.model_dump(mode="json")))


def read_answer(
    public: Ed25519PublicKey, message: bytes | str
) -> Outcomes | Refused | Welcome:
    """:raises ContractError: not an answer that Odoo signed."""
    body = signed.unwrap(public, "answer", message)
    try:
        return _ANSWER.validate_json(body)
    except ValidationError as error:
        raise MalformedError("not an answer") from error
