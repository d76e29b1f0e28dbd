"""The QR codes that we act upon: a URL with an unguessable token in it.

``https://host/o/<token>`` is an order's sheet, ``https://host/b/<token>`` a badge. The
host is not looked at: a token is known by its hash or it is not known at all.
"""

import re
from typing import Literal

from workbay_contract.types import Hash, Message, sha256

Kind = Literal["order", "badge"]

_FORM = re.compile(
    r"^https?://[^/?#\s]{1,253}/(?P<path>[ob])/(?P<token>[A-Za-z0-9_-]{22,64})$"
)
_KINDS: dict[str, Kind] = {"o": "order", "b": "badge"}
_PATHS = {kind: path for path, kind in _KINDS.items()}


class Scan(Message):
    """One of our codes, as read."""

    kind: Kind
    hash: Hash


def code_url(base: str, kind: Kind, token: str) -> str:
    """The text to print as a QR code; ``base`` is scheme and host."""
    return f"{base.rstrip('/')}/{_PATHS[kind]}/{token}"


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return sha256(token.encode())


def read_code(text: str) -> Scan | None:
    """What a decoded code means to us; None for a foreign one."""
    match = _FORM.match(text)
    if not match:
        return None
    return Scan(kind=_KINDS[match["path"]], hash=token_hash(match["token"]))
