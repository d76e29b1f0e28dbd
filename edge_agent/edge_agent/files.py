"""Files that appear whole or not at all, and survive a power cut once written."""

import contextlib
import os
from pathlib import Path

_PART = ".part"


def write(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write beside ``path`` and rename; durable on return.

    :raises OSError: it is not there, or as it was before.
    """
    part = path.with_name(path.name + _PART)
    try:
        with os.fdopen(
            os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb"
        ) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
