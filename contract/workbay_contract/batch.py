"""Sealed batches: the oldest waiting events of one device under one signature.

On the wire a batch is one JSON object; each event stands in it as a string, so that
its exact bytes survive every hop.
"""

import json
from collections.abc import Sequence as Rows
from functools import cached_property
from typing import Annotated, Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from pydantic import Field, ValidationError

from workbay_contract import keys
from workbay_contract.errors import (
    MalformedError,
    OversizeError,
    SealError,
    VersionError,
)
from workbay_contract.events import MAX_EVENT_BYTES
from workbay_contract.types import (
    DeviceId,
    Hash,
    Message,
    Sequence,
    Signature,
    canonical,
    sha256,
)

VERSION: Final = 1
MAX_EVENTS = 100
MAX_BATCH_BYTES = 128 * 1024
GENESIS = "0" * 64
"""The previous seal of a device's first batch."""


class Batch(Message):
    """A batch as it travels; ``waiting`` is a hint outside the seal."""

    v: Literal[1] = VERSION
    device: DeviceId
    first: Sequence
    prev: Hash = Field(description="hash of this device's previous seal")
    waiting: Annotated[int, Field(ge=0)] = Field(
        default=0, description="events waiting at the bay when this batch was made"
    )
    sig: Signature
    events: Annotated[tuple[str, ...], Field(min_length=1, max_length=MAX_EVENTS)]

    @cached_property
    def raw_events(self) -> tuple[bytes, ...]:
        return tuple(text.encode() for text in self.events)

    @cached_property
    def hashes(self) -> tuple[str, ...]:
        """The SHA-256 of each event's exact bytes, in order."""
        return tuple(sha256(raw) for raw in self.raw_events)

    @cached_property
    def seal(self) -> str:
        """This batch's seal's hash: its name everywhere."""
        return seal_hash(self._body, self.sig)

    @property
    def last(self) -> int:
        return self.first + len(self.events) - 1

    @property
    def _body(self) -> bytes:
        return seal_body(self.device, self.first, self.prev, self.hashes)

    def verify(self, public: Ed25519PublicKey) -> None:
        """:raises SealError: the device's key did not seal these bytes."""
        keys.check(public, self.sig, self._body)

    def encode(self) -> bytes:
        return canonical(self.model_dump(mode="json"))


def seal_body(device: str, first: int, prev: str, hashes: Rows[str]) -> bytes:
    """The bytes that a seal signs; also what proves one event with its siblings."""
    return b"workbay-seal-v1\n" + canonical(
        {
            "count": len(hashes),
            "device": device,
            "first": first,
            "hashes": list(hashes),
            "prev": prev,
        }
    )


def seal_hash(body: bytes, signature: str) -> str:
    return sha256(body + bytes.fromhex(signature))


def proved_seal(
    public_hex: str,
    device: str,
    first: int,
    prev: str,
    hashes: Rows[str],
    signature: str,
) -> str:
    """The seal of a batch of which only that is kept, once its signature is proved.

    :raises SealError: the key did not sign this, or is none.
    """
    body = seal_body(device, first, prev, hashes)
    try:
        public = keys.public_from_hex(public_hex)
    except ValueError as error:
        raise SealError("no key of Ed25519") from error
    keys.check(public, signature, body)
    return seal_hash(body, signature)


def seal_batch(
    key: Ed25519PrivateKey,
    device: str,
    first: int,
    prev: str,
    events: Rows[bytes],
    waiting: int = 0,
) -> Batch:
    """Seal as many of ``events`` as one batch may hold, from the first on.

    :param events: exact bytes, consecutive from sequence ``first``; at least one.
    """
    taken: list[bytes] = []
    size = 1024  # bounds the envelope: names, numbers, two hashes and a signature
    for raw in events[:MAX_EVENTS]:
        size += len(json.dumps(raw.decode(), ensure_ascii=False).encode()) + 1
        if taken and size > MAX_BATCH_BYTES:
            break
        taken.append(raw)
    body = seal_body(device, first, prev, [sha256(raw) for raw in taken])
    return Batch(
        device=device,
        first=first,
        prev=prev,
        waiting=waiting,
        sig=key.sign(body).hex(),
        events=tuple(raw.decode() for raw in taken),
    )


def decode_batch(payload: bytes | str) -> Batch:
    """Read a batch's bounds and form; neither its seal nor its events are judged here.

    :raises OversizeError: more than 128 KiB, or an event of more than 16 KiB.
    :raises VersionError: a version that this side does not speak.
    :raises MalformedError: anything else that is not a batch.
    """
    raw = payload.encode() if isinstance(payload, str) else payload
    if len(raw) > MAX_BATCH_BYTES:
        raise OversizeError(f"batch of {len(raw)} bytes")
    try:
        batch = Batch.model_validate_json(raw)
        sizes = [len(event) for event in batch.raw_events]
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if first["loc"] == ("v",):
            raise VersionError(str(first["input"])[:40]) from error
        where = ".".join(str(part) for part in first["loc"])
        raise MalformedError(f"{where}: {first['msg']}"[:200]) from error
    except UnicodeEncodeError as error:  # a lone surrogate has no bytes
        raise MalformedError("events: not UTF-8") from error
    if max(sizes) > MAX_EVENT_BYTES:
        raise OversizeError(f"event of {max(sizes)} bytes")
    if any("\0" in event for event in batch.events):
        # In no JSON, and in no text of PostgreSQL, which has to keep these very bytes.
        raise MalformedError("events: NUL")
    return batch
