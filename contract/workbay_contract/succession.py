"""How Odoo's signing key is followed by another: the old one names the new one.

A bay that knows any key of the line comes to the newest by the announcements since, and
to no key that the line did not name. ``key_files.py`` makes them; here they are read.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from pydantic import ValidationError

from workbay_contract import keys, signed
from workbay_contract.errors import MalformedError
from workbay_contract.types import Hash, Message, Milliseconds, canonical


class KeyChange(Message):
    """Odoo signs with ``key`` from now on; signed by ``former``."""

    former: Hash
    key: Hash
    at: Milliseconds


def announce(former: Ed25519PrivateKey, key: Ed25519PublicKey, at: int) -> str:
    """The text that goes out on each bay's ``outcomes`` topic.

    :param at: server time in milliseconds.
    """
    change = KeyChange(former=keys.public_hex(former), key=keys.public_hex(key), at=at)
    return signed.sign(former, "key", canonical(change.model_dump(mode="json")))


def read_change(former: Ed25519PublicKey, message: bytes | str) -> KeyChange:
    """:raises ContractError: ``former`` has not announced that."""
    body = signed.unwrap(former, "key", message)
    try:
        change = KeyChange.model_validate_json(body)
        keys.public_from_hex(change.key)
    except (ValidationError, ValueError) as error:
        raise MalformedError("not a change of keys") from error
    if change.former != keys.public_hex(former):
        raise MalformedError("another key's change")
    return change


def follow(first: Ed25519PublicKey, messages: list[str]) -> list[Ed25519PublicKey]:
    """The line of keys from ``first`` on; what does not continue it is passed over."""
    line = [first]
    for message in messages:
        try:
            line.append(keys.public_from_hex(read_change(line[-1], message).key))
        except ValueError:
            continue
    return line


def lineage(last: Ed25519PublicKey, messages: list[str]) -> list[Ed25519PublicKey]:
    """The line of keys that led to ``last``, the newest first; it begins with it."""
    line = [last]
    for message in reversed(messages):
        try:
            claimed = KeyChange.model_validate_json(signed.peek("key", message))
            former = keys.public_from_hex(claimed.former)
            change = read_change(former, message)
        except ValueError:
            continue
        if change.key == keys.public_hex(line[-1]):
            line.append(former)
    return line
