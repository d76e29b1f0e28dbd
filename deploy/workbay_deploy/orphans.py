"""Nothing outlives a run: what lost its parent comes to us and is ended."""

import ctypes
import os
import signal
from collections.abc import Collection
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36


def adopt() -> None:
    """From now on orphaned descendants become our children."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_children(spared: Collection[int] = ()) -> None:
    """Kill every process that still descends from us, but for those ``spared``."""
    while children := set(_children(os.getpid())) - set(spared):
        for pid in children:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except (ProcessLookupError, ChildProcessError):
                continue


def _children(parent: int) -> list[int]:
    found: list[int] = []
    for tasks in Path(f"/proc/{parent}/task").glob("*/children"):
        found += [int(pid) for pid in tasks.read_text(encoding="ascii").split()]
    return found
