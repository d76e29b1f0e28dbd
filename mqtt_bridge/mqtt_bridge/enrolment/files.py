"""Files that appear whole or not at all."""

import os
from pathlib import Path


def write(path: Path, data: bytes, mode: int) -> None:
    """Write beside ``path`` and rename, so that nobody ever reads a half file."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)  # whatever the umask made of it
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    part.replace(path)


def write_if_changed(path: Path, data: bytes, mode: int) -> bool:
    """:return: whether it had to be written."""
    if path.exists() and path.read_bytes() == data:
        return False
    write(path, data, mode)
    return True


def folder(path: Path) -> Path:
    """Make a folder that only its owner may enter."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
