"""Checkpoints: what all chains came to, folded into one root that the bays keep.

Whoever owns Odoo's database can rewrite a typed event and every hash after it. He
cannot rewrite what the bays hold: each checkpoint goes out with the boards, names the
one before, and stays on the bays' disks as it first came.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from pydantic import Field, ValidationError

from workbay_contract import keys
from workbay_contract.errors import MalformedError, SealError
from workbay_contract.types import (
    DeviceId,
    Hash,
    Message,
    Milliseconds,
    Signature,
    canonical,
    sha256,
)

GENESIS = "0" * 64
"""The previous checkpoint of the first."""

ON_BOARD = 7
"""So many of the newest checkpoints a board carries: a bay that was away for a week
of daily ones still sees each follow the one before."""

Number = Annotated[int, Field(ge=1, le=2**31 - 1)]


class Checkpoint(Message):
    """What Odoo stated at ``made_at`` of all chains that changed since the last one."""

    v: Literal[1] = 1
    number: Number
    prev: Hash = Field(description="hash of the checkpoint before")
    root: Hash = Field(description="Merkle root, see merkle.py")
    count: Annotated[int, Field(ge=0)] = Field(description="leaves under the root")
    made_at: Milliseconds
    key: Hash = Field(description="Odoo's public key that signs it")
    sig: Signature

    @cached_property
    def hash(self) -> str:
        """Its name: what the next one and the bays' words refer to."""
        return sha256(self._body)

    @property
    def mark(self) -> "Mark":
        return Mark(number=self.number, hash=self.hash)

    @property
    def _body(self) -> bytes:
        return _body(
            self.number, self.prev, self.root, self.count, self.made_at, self.key
        )

    def verify(self) -> None:
        """:raises SealError: not signed by the key that it names."""
        try:
            public = keys.public_from_hex(self.key)
        except ValueError as error:
            raise SealError("the key is none") from error
        keys.check(public, self.sig, self._body)


class Mark(Message):
    """A checkpoint by number and hash."""

    number: Number
    hash: Hash


class Held(Message):
    """What a bay holds, for people to compare; under the device's own signature."""

    v: Literal[1] = 1
    device: DeviceId
    bay: UUID
    exported_at: Milliseconds
    checkpoints: tuple[Checkpoint, ...] = Field(
        description="as they first came to the bay, by number"
    )
    contradictions: tuple[Checkpoint, ...] = Field(
        default=(), description="what came later and did not agree with those"
    )
    sig: Signature

    def verify(self, public: Ed25519PublicKey) -> None:
        """:raises SealError: the device did not sign this."""
        keys.check(public, self.sig, _held_body(self.model_dump(mode="json")))

    def encode(self) -> bytes:
        return canonical(self.model_dump(mode="json"))


def sign_checkpoint(
    key: Ed25519PrivateKey, number: int, prev: str, root: str, count: int, made_at: int
) -> Checkpoint:
    """State checkpoint ``number`` under Odoo's key."""
    public = keys.public_hex(key)
    body = _body(number, prev, root, count, made_at, public)
    return Checkpoint(
        number=number,
        prev=prev,
        root=root,
        count=count,
        made_at=made_at,
        key=public,
        sig=key.sign(body).hex(),
    )


def agrees(held: Mapping[int, str], new: Checkpoint) -> bool:
    """Whether ``new`` may stand beside what is held, hashes by number.

    The same number has the same hash; a neighbour's hash is the one that is named.
    """
    if new.number in held:
        return held[new.number] == new.hash
    return held.get(new.number - 1, new.prev) == new.prev


def seal_held(
    key: Ed25519PrivateKey,
    device: str,
    bay: UUID,
    exported_at: int,
    checkpoints: Sequence[Checkpoint],
    contradictions: Sequence[Checkpoint] = (),
) -> Held:
    """A bay's word about what it holds."""
    held = Held(
        device=device,
        bay=bay,
        exported_at=exported_at,
        checkpoints=tuple(checkpoints),
        contradictions=tuple(contradictions),
        sig="0" * 128,
    )
    body = _held_body(held.model_dump(mode="json"))
    return held.model_copy(update={"sig": key.sign(body).hex()})


def read_held(text: bytes | str) -> Held:
    """:raises MalformedError: not a bay's export; its signature is judged apart."""
    try:
        return Held.model_validate_json(text)
    except ValidationError as error:
        raise MalformedError("not a bay's checkpoints") from error


def read_checkpoint(values: Any) -> Checkpoint:
    """:raises MalformedError: not a checkpoint."""
    try:
        return Checkpoint.model_validate(values)
    except ValidationError as error:
        raise MalformedError("not a checkpoint") from error


def _body(
    number: int, prev: str, root: str, count: int, made_at: int, key: str
) -> bytes:
    return b"workbay-checkpoint-v1\n" + canonical(
        {
            "count": count,
            "key": key,
            "made_at": made_at,
            "number": number,
            "prev": prev,
            "root": root,
        }
    )


def _held_body(values: dict[str, Any]) -> bytes:
    signed = {name: value for name, value in values.items() if name != "sig"}
    return b"workbay-held-v1\n" + canonical(signed)
