"""Odoo's own key, by which bays know its answers and boards. Never in the database."""

import os
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from odoo.exceptions import UserError

from workbay_contract import keys

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
        return _load(path)
    except (OSError, ValueError) as error:
        raise UserError(
            env._(
                "Odoo cannot sign its answers to the bays: the key file that"
                " %(variable)s names cannot be read (%(error)s).",
                variable=VARIABLE,
                error=error,
            )
        ) from error


@lru_cache(maxsize=4)
def _load(path: str) -> Ed25519PrivateKey:
    return keys.load(Path(path))
