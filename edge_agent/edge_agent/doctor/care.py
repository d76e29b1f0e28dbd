"""The disk that what is recorded is kept on."""

import errno
import os
import shutil
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from edge_agent.doctor.finding import Finding
from edge_agent.doctor.running import Running
from edge_agent.media import FOLDER, MEGABYTE
from edge_agent.settings import Settings

WRITES = 8
BLOCK = 16 * 1024
"""Bytes of a write; an event and its place in the journal."""

SLOW_MS, STUCK_MS = 100.0, 1000.0
"""A tap is confirmed after the disk has it: from 100 ms on a person waits for it."""

LEAST_MB = 50


def disk(settings: Settings, running: Running | None) -> Sequence[Finding]:
    """Room in the bay's folder, and how long it takes until it surely has something."""
    folder = settings.data_dir
    if not folder.is_dir():
        return [Finding("disk", "warn", "disk_no_folder", {"folder": str(folder)})]
    free = shutil.disk_usage(folder).free // MEGABYTE
    try:
        took = _fsync_ms(folder)
    except OSError as error:
        return [_cannot_write("disk", folder, error, free)]
    params = {"free": free, "ms": round(took, 1), "reserve": settings.disk_reserve_mb}
    if free < LEAST_MB:
        return [Finding("disk", "fail", "disk_full", {"free": free})]
    if free < settings.disk_reserve_mb:
        return [Finding("disk", "warn", "disk_low", params)]
    if took > STUCK_MS:
        return [Finding("disk", "fail", "disk_slow", params)]
    if took > SLOW_MS:
        return [Finding("disk", "warn", "disk_slow", params)]
    return [Finding("disk", "ok", "disk", params)]


def media(settings: Settings, running: Running | None) -> Sequence[Finding]:
    """The folder of photos and videos: may it be written, how full is its budget."""
    folder = settings.data_dir / FOLDER
    if not folder.is_dir():
        return [Finding("media", "ok", "media_none")]
    try:
        _probe(folder, b"")
        taken = sum(each.stat().st_size for each in folder.iterdir()) // MEGABYTE
    except OSError as error:
        return [_cannot_write("media", folder, error, 0)]
    params = {"taken": taken, "budget": settings.media_budget_mb}
    if taken >= 0.9 * settings.media_budget_mb:
        return [Finding("media", "warn", "media_full", params)]
    return [Finding("media", "ok", "media", params)]


def _cannot_write(check: str, folder: Path, error: OSError, free: int) -> Finding:
    params = {"folder": str(folder), "what": error.strerror or str(error)}
    if error.errno == errno.EROFS:
        return Finding(check, "fail", "disk_read_only", params)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Finding(check, "fail", "disk_full", {"free": free})
    return Finding(check, "fail", "disk_denied", params)


def _fsync_ms(folder: Path) -> float:
    """The median of some writes."""
    return statistics.median(_probe(folder, os.urandom(BLOCK)) for _ in range(WRITES))


def _probe(folder: Path, data: bytes) -> float:
    """Write a file through to the disk and take it away; milliseconds.

    :raises OSError: that does not go.
    """
    path = folder / f".doctor-{os.getpid()}"
    begun = time.perf_counter()
    try:
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    finally:
        path.unlink(missing_ok=True)
    return (time.perf_counter() - begun) * 1000
