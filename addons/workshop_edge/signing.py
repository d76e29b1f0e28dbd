"""Odoo's own key, by which bays know its answers and boards. Never in the database."""

import os
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from odoo.exceptions import UserError

from workbay_contract import key_files, keys
from workbay_contract.succession import follow, lineage

VARIABLE = "WORKBAY_SIGNING_KEY_FILE"


def signing_key(env) -> Ed25519PrivateKey:
    """:raises UserError: the server was started without its key."""
    path = os.environ.get(VARIABLE)
    if not path:
        raise UserError(
            env._(
                "Odoo cannot sign its answers to the bays: start it with %(variable)s"
                " naming its key file.",
                variable=VARIABLE,
            )
        )
    try:
        return _load(path, Path(path).stat().st_mtime_ns)
    except (OSError, ValueError) as error:
        raise UserError(
            env._(
                "Odoo cannot sign its answers to the bays: the key file that"
                " %(variable)s names cannot be read (%(error)s).",
                variable=VARIABLE,
                error=error,
            )
        ) from error


def announcements_since(key: Ed25519PrivateKey, known: str | None) -> list[str]:
    """What leads a bay that goes by the key ``known`` to ``key``; mostly nothing.

    Odoo's keys form a line in which each names the next (``succession``), kept beside
    the key.
    """
    current = keys.public_hex(key)
    path = os.environ.get(VARIABLE)
    if not known or known == current or not path:
        return []
    messages, line = [], [keys.public_from_hex(known)]
    for message in key_files.read_line(Path(path)):
        if keys.public_hex(line[-1]) == current:
            break
        longer = follow(line[-1], [message])
        if len(longer) > 1:
            messages.append(message)
            line.append(longer[-1])
    return messages if keys.public_hex(line[-1]) == current else []


def known_keys(env) -> set[str]:
    """Every public key that Odoo signs or ever signed by, in hexadecimal.

    :raises UserError: the server was started without its key.
    """
    public = signing_key(env).public_key()
    line = lineage(public, key_files.read_line(Path(os.environ[VARIABLE])))
    return {keys.public_hex(each) for each in line}


@lru_cache(maxsize=4)
def _load(path: str, changed_ns: int) -> Ed25519PrivateKey:
    """Read anew when the file has changed: a rotation needs no restart."""
    return key_files.load(Path(path))
