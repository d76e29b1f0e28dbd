"""Where private keys lie: made once, read, and followed by another.

``python -m workbay_contract.key_files generate FILE`` makes a private key in FILE (PEM,
mode 0600) and its public half in FILE.pub (hexadecimal). ``… rotate FILE`` puts another
in its place, announced by the old one in FILE.line.
"""

import os
import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from workbay_contract.errors import SealError
from workbay_contract.keys import public_hex
from workbay_contract.succession import announce, read_change


def load(path: Path) -> Ed25519PrivateKey:
    """Read a private key in PEM.

    :raises OSError: it cannot be read.
    :raises ValueError: it is not an Ed25519 private key.
    """
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} is not an Ed25519 private key")
    return key


def generate(path: Path) -> Ed25519PrivateKey:
    """Make a private key in ``path`` (mode 0600); its public half beside it, `.pub`.

    An existing key is kept and returned, so that a repeated set-up changes nothing.
    """
    if path.exists():
        key = load(path)
    else:
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _write(path, pem)
    path.with_name(path.name + ".pub").write_text(public_hex(key) + "\n")
    return key


def line_file(path: Path) -> Path:
    """Where the announcements of a key's line lie: one a line, the oldest first."""
    return path.with_name(path.name + ".line")


def read_line(path: Path) -> list[str]:
    """The announcements that lead to the key in ``path``, the oldest first."""
    try:
        return line_file(path).read_text().splitlines()
    except FileNotFoundError:
        return []


def rotate(path: Path) -> Ed25519PrivateKey:
    """Put a new key in the place of the one in ``path``; the old private half goes.

    The old one announces it first, so that whoever knows the old one can follow. It may
    be broken off at any instruction and done again.

    :raises OSError: a file cannot be read or written.
    :raises ValueError: there is no Ed25519 key.
    """
    former = load(path)
    following = path.with_name(path.name + ".next")
    key = generate(following)
    line = read_line(path)
    try:
        done = bool(line) and (
            read_change(former.public_key(), line[-1]).key == public_hex(key)
        )
    except SealError:
        done = False
    if not done:
        change = announce(former, key.public_key(), round(time.time() * 1000))
        text = "".join(f"{each}\n" for each in (*line, change))
        _write(line_file(path), text.encode())
    following.replace(path)
    following.with_name(following.name + ".pub").replace(
        path.with_name(path.name + ".pub")
    )
    return key


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, and for its owner alone."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(
        os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
    ) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def main(arguments: list[str]) -> int:
    verbs = {"generate": generate, "rotate": rotate}
    if len(arguments) != 2 or arguments[0] not in verbs:
        sys.stderr.write(
            "usage: python -m workbay_contract.key_files generate|rotate FILE\n"
        )
        return 2
    verbs[arguments[0]](Path(arguments[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
