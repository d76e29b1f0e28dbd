"""What Odoo says to a bay is signed with a key that only Odoo holds.

A stolen broker or bridge can so delay an answer or a board, but not make one up.
"""

import base64
import binascii
import zlib
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from pydantic import ValidationError

from workbay_contract import keys
from workbay_contract.errors import MalformedError, OversizeError
from workbay_contract.types import Message, Signature, canonical

Purpose = Literal["answer", "board", "key"]

MAX_MESSAGE_BYTES = 256 * 1024
MAX_BODY_BYTES = 8 * 1024 * 1024
"""Bound on what a compressed body may unpack to."""


class _Envelope(Message):
    v: Literal[1] = 1
    body: str
    sig: Signature


def sign(key: Ed25519PrivateKey, purpose: Purpose, body: bytes) -> str:
    """Wrap ``body`` (JSON) in a signed envelope, as text for a topic.

    The purpose is signed with it: an answer can never pass for a board.

    :raises OversizeError: more than 256 KiB when compressed.
    """
    text = base64.b64encode(zlib.compress(body, 6)).decode()
    signature = key.sign(_signed(purpose, text)).hex()
    message = canonical({"body": text, "sig": signature, "v": 1})
    if len(message) > MAX_MESSAGE_BYTES:
        raise OversizeError(f"{purpose} of {len(message)} bytes")
    return message.decode()


def unwrap(public: Ed25519PublicKey, purpose: Purpose, message: bytes | str) -> bytes:
    """The body of a signed envelope; the signature is judged before anything else.

    :raises OversizeError: the message, or what it unpacks to, is beyond the bounds.
    :raises MalformedError: it is no envelope.
    :raises SealError: Odoo did not sign it for this purpose.
    """
    raw = message.encode() if isinstance(message, str) else message
    if len(raw) > MAX_MESSAGE_BYTES:
        raise OversizeError(f"{purpose} of {len(raw)} bytes")
    try:
        envelope = _Envelope.model_validate_json(raw)
    except ValidationError as error:
        raise MalformedError("not a signed envelope") from error
    keys.check(public, envelope.sig, _signed(purpose, envelope.body))
    unpacker = zlib.decompressobj()
    try:
        body = unpacker.decompress(
            base64.b64decode(envelope.body, validate=True), MAX_BODY_BYTES
        )
    except (binascii.Error, zlib.error) as error:
        raise MalformedError("body does not unpack") from error
    if not unpacker.eof:
        raise OversizeError(f"{purpose} unpacks to more than {MAX_BODY_BYTES} bytes")
    return body


def _signed(purpose: Purpose, text: str) -> bytes:
    return f"workbay-{purpose}-v1\n{text}".encode()
