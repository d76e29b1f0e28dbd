"""What keeps the agent's process small: a bay's machine has one, and little memory.

``begin`` comes before numpy is loaded, whose libraries read the environment once;
``settle`` when everything has started.
"""

import ctypes
import gc
import os

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
    """Give back what only starting needed."""
    import cv2

    cv2.setNumThreads(1)
    gc.collect()
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)
