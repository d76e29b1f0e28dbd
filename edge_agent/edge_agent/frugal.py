"""What keeps the agent's process small: a bay's machine has one, and little memory.

``begin`` comes before numpy is loaded, whose libraries read the environment once;
``settle`` when everything has started.
"""

import ctypes
import gc
import mmap
import os
from collections.abc import Iterator
from pathlib import Path

_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
"""glibc's ``malloc.h``."""

_LARGE = 512 * 1024
"""Bytes from which memory is the system's again as soon as it is free. glibc raises its
own threshold to the largest ever freed: then frames come to lie in the heap."""


def begin() -> None:
    """One thread for numbers, one heap for all threads.

    A frame is small: dividing it costs more than it gains, and each further thread and
    heap keeps memory for itself.
    """
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        for what, value in (
            (_M_ARENA_MAX, 1),
            (_M_MMAP_THRESHOLD, _LARGE),
            (_M_TRIM_THRESHOLD, _LARGE),
        ):
            libc.mallopt(what, value)


def settle() -> None:
    """Give back what only starting needed; while there is no other thread."""
    import cv2

    cv2.setNumThreads(1)
    gc.collect()
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)
    if hasattr(libc, "madvise"):
        _let_go_of_code(libc)


def _let_go_of_code(libc: ctypes.CDLL) -> None:
    """Unmap the pages of libraries that were read to load them.

    Most of that (a GUI's, video's) never runs here. Nothing is lost: a page is the
    file's own, and is mapped again from the system's cache as soon as it is touched.
    With other threads a place might have become something else's in between.
    """
    libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for start, size in _untouched(Path("/proc/self/smaps")):
        libc.madvise(start, size, mmap.MADV_DONTNEED)


def _untouched(smaps: Path) -> Iterator[tuple[int, int]]:
    """Start and bytes of the private mappings of files that hold nothing but the file.

    :param smaps: proc(5)'s; what was written in a mapping is its ``Anonymous`` memory,
        or in ``Swap``. Nothing where the system has no such file.
    """
    try:
        lines = smaps.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    place, mine = (0, 0), False
    for line in lines:
        name, *values = line.split()
        if not name.endswith(":"):
            begin, _, end = name.partition("-")
            place = int(begin, 16), int(end, 16) - int(begin, 16)
            mine = values[0] in ("r--p", "r-xp") and values[-1].startswith("/")
        elif name in ("Anonymous:", "Swap:") and values[0] != "0":
            mine = False
        elif name == "VmFlags:" and mine:
            yield place
