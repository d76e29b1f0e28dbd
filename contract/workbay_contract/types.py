"""Field types that the messages share, with their bounds."""

import hashlib
import json
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

DeviceId = Annotated[str, Field(pattern=r"^[a-z0-9-]{8,40}$")]
"""A device's id: the common name of its certificate and its MQTT client id."""

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256, as 64 lower-case hexadecimal digits."""

Signature = Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
"""An Ed25519 signature, as 128 lower-case hexadecimal digits."""

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
"""A name for machines: of a node, a role, a gate, a reason."""

RecordId = Annotated[int, Field(ge=1, le=2**31 - 1)]
"""The id of a row in Odoo."""

Sequence = Annotated[int, Field(ge=1, le=2**53)]
"""A device's event number: from 1, without gaps."""

Milliseconds = Annotated[int, Field(ge=0, le=2**53)]
"""A duration, or an instant counted from 1970-01-01T00:00Z, in milliseconds."""

Partition = Annotated[int, Field(ge=0, le=63)]


class Message(BaseModel):
    """Immutable, and strict about what it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def canonical(value: Any) -> bytes:
    """The one JSON encoding that is hashed and signed.

    Sorted keys, no white space, UTF-8 without escapes, no NaN; RFC 8785's shape for
    the strings, integers, booleans, lists and objects that we use.
    """
    return _CANONICAL.encode(value).encode()


_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)


def sha256(data: bytes) -> str:
    """The SHA-256 of ``data`` in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()
