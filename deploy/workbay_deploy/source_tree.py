"""Digests of source folders: has anything that matters changed?"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

IGNORED = {"__pycache__", "tests", "readme", ".mypy_cache", ".ruff_cache"}


def digest(folders: Iterable[Path], ignored: Iterable[str] = IGNORED) -> str:
    """One hash over names and contents, the same wherever the tree lies."""
    skip = set(ignored)
    total = hashlib.sha256()
    for root in folders:
        for folder, names, files in os.walk(root):
            names[:] = sorted(name for name in names if name not in skip)
            for name in sorted(files):
                if name.endswith(".pyc"):
                    continue
                path = Path(folder, name)
                total.update(str(path.relative_to(root.parent)).encode() + b"\0")
                total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
