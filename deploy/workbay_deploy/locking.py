"""One set-up at a time on one runtime folder."""

import fcntl
import hashlib
import os
from pathlib import Path

from workbay_deploy.errors import SetupError

FOLDER = Path("/run/workbay")


def lock_file(runtime: Path, folder: Path = FOLDER) -> Path:
    """Where the lock of a runtime folder lies: out of the service user's reach."""
    digest = hashlib.sha256(str(runtime).encode()).hexdigest()[:12]
    return folder / f"{digest}.lock"


def acquire(path: Path, *, wait: bool) -> int:
    """Hold the lock until the returned descriptor, which survives exec, is closed."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode().strip()
        os.close(descriptor)
        raise SetupError(
            f"Another set-up (process {holder}) is working on this folder: wait for it "
            "to end and run this again."
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    os.set_inheritable(descriptor, True)
    return descriptor


def release(descriptor: int) -> None:
    """Let the next one in; -1 stands for a lock that was never taken."""
    if descriptor >= 0:
        os.close(descriptor)
