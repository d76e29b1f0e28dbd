"""Ed25519 keys: of a device, which seals, and of Odoo, which signs its answers."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from workbay_contract.errors import SealError


def public_hex(key: Ed25519PrivateKey | Ed25519PublicKey) -> str:
    """The public half as 64 hexadecimal digits."""
    public = key.public_key() if isinstance(key, Ed25519PrivateKey) else key
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def public_from_hex(text: str) -> Ed25519PublicKey:
    """:raises ValueError: not 32 bytes in hexadecimal."""
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))


def check(public: Ed25519PublicKey, signature: str, message: bytes) -> None:
    """:raises SealError: the signature does not hold over the message."""
    try:
        public.verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError) as error:
        raise SealError("signature does not hold") from error
