"""How a bay gets a picture that its board names: ``GET /pictures/<sha256>``, signed."""

from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from workbay_contract import keys
from workbay_contract.errors import SealError
from workbay_contract.media import (
    HEADER_DEVICE,
    HEADER_SIGNATURE,
    HEADER_TIME,
    MAX_AGE_MS,
)

MAX_BYTES: Final = 100 * 1024
"""Of one picture: hundreds of bays fetch it, over whatever network they have."""
MAX_SIDE: Final = 800
"""Pixels; a bay's screen has no more."""
TYPE: Final = "image/jpeg"
JPEG_START: Final = b"\xff\xd8\xff"


def path(sha256: str) -> str:
    return f"/pictures/{sha256}"


def sign_fetch(
    key: Ed25519PrivateKey, device: str, sha256: str, at: int
) -> dict[str, str]:
    """The headers of ``GET /pictures/<sha256>``.

    :param at: server time in milliseconds, derived from the last pairing.
    """
    return {
        HEADER_DEVICE: device,
        HEADER_TIME: str(at),
        HEADER_SIGNATURE: key.sign(_body(device, sha256, at)).hex(),
    }


def check_fetch(
    public: Ed25519PublicKey,
    device: str,
    sha256: str,
    at: int,
    signature: str,
    now: int,
) -> None:
    """:raises SealError: not signed by this device, or too long ago or ahead."""
    if abs(now - at) > MAX_AGE_MS:
        raise SealError("request is too old or too far ahead")
    keys.check(public, signature, _body(device, sha256, at))


def _body(device: str, sha256: str, at: int) -> bytes:
    return f"workbay-picture-v1\nGET\n{path(sha256)}\n{device}\n{at}".encode()
