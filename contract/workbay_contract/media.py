"""How a bay brings a photo or video to the bridge, and the bridge to Odoo.

``HEAD`` asks how much is there (``Upload-Offset``) and whether it is wanted at all;
``PUT`` with ``Content-Range`` brings the next bytes; ``DELETE`` says that they will not
come. Offset and length are named as tus and the IETF's resumable uploads name them.
"""

import re
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from workbay_contract import keys
from workbay_contract.errors import MalformedError, SealError

MAX_AGE_MS = 5 * 60 * 1000
"""How far a request's time may be from the server's."""

HEADER_DEVICE = "X-Workbay-Device"
HEADER_TIME = "X-Workbay-Time"
HEADER_SIGNATURE = "X-Workbay-Signature"
OFFSET = "Upload-Offset"
LENGTH = "Upload-Length"

REFUSALS: Final = {
    "media_hash": 409,
    "media_size": 413,
    "media_type": 415,
    "media_unreadable": 422,
}
"""Why bytes are never taken: a key of ``wording.WORDING``, with the status that says
so. The answer's body names it as ``{"code": …}``."""
LOST = "media_lost"
NO_ROOM = "media_no_room"
"""The bay's disk was full when it was taken: its event counts, its bytes were not
kept."""
REASONS = frozenset({*REFUSALS, LOST, NO_ROOM})
"""Why bytes will not come."""

_RANGE = re.compile(r"bytes (?:(\d{1,12})-(\d{1,12})|\*)/(\d{1,12})", re.ASCII)


class Range(NamedTuple):
    """The bytes from ``first`` up to before ``stop``, of ``size``; maybe none."""

    first: int
    stop: int
    size: int

    def __str__(self) -> str:
        """As in ``Content-Range``; none: ``bytes */<size>``."""
        if self.first == self.stop:
            return f"bytes */{self.size}"
        return f"bytes {self.first}-{self.stop - 1}/{self.size}"

    @classmethod
    def parse(cls, text: str) -> "Range":
        """:raises MalformedError: it is no range of bytes."""
        found = _RANGE.fullmatch(text)
        if found is None:
            raise MalformedError("Content-Range")
        size = int(found[3])
        if found[1] is None:
            return cls(size, size, size)
        first, stop = int(found[1]), int(found[2]) + 1
        if not first < stop <= size:
            raise MalformedError("Content-Range")
        return cls(first, stop, size)


def path(sha256: str) -> str:
    return f"/media/{sha256}"


def sign_upload(
    key: Ed25519PrivateKey, device: str, sha256: str, at: int, method: str = "PUT"
) -> dict[str, str]:
    """The headers of a request for ``/media/<sha256>``.

    :param at: server time in milliseconds, derived from the last pairing.
    """
    return {
        HEADER_DEVICE: device,
        HEADER_TIME: str(at),
        HEADER_SIGNATURE: key.sign(_body(method, device, sha256, at)).hex(),
    }


def check_upload(
    public: Ed25519PublicKey,
    device: str,
    sha256: str,
    at: int,
    signature: str,
    now: int,
    method: str = "PUT",
) -> None:
    """:raises SealError: not signed by this device, or too long ago or ahead."""
    if abs(now - at) > MAX_AGE_MS:
        raise SealError("request is too old or too far ahead")
    keys.check(public, signature, _body(method, device, sha256, at))


def _body(method: str, device: str, sha256: str, at: int) -> bytes:
    return (
        f"workbay-media-v1\n{method}\n{path(sha256)}\n{device}\n{sha256}\n{at}".encode()
    )
