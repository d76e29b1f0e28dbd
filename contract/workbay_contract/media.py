"""The signed request by which a bay uploads a photo to the bridge."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from workbay_contract import keys
from workbay_contract.errors import SealError

MAX_AGE_MS = 5 * 60 * 1000
"""How far a request's time may be from the server's."""

HEADER_DEVICE = "X-Workbay-Device"
HEADER_TIME = "X-Workbay-Time"
HEADER_SIGNATURE = "X-Workbay-Signature"


def path(sha256: str) -> str:
    return f"/media/{sha256}"


def sign_upload(
    key: Ed25519PrivateKey, device: str, sha256: str, at: int
) -> dict[str, str]:
    """The headers of ``PUT /media/<sha256>``.

    :param at: server time in milliseconds, derived from the last pairing.
    """
    return {
        HEADER_DEVICE: device,
        HEADER_TIME: str(at),
        HEADER_SIGNATURE: key.sign(_body("PUT", device, sha256, at)).hex(),
    }


def check_upload(
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
    keys.check(public, signature, _body("PUT", device, sha256, at))


def _body(method: str, device: str, sha256: str, at: int) -> bytes:
    return (
        f"workbay-media-v1\n{method}\n{path(sha256)}\n{device}\n{sha256}\n{at}".encode()
    )
