"""Installing packages without starting their services."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

POLICY = Path("/usr/sbin/policy-rc.d")
MARK = "# Put here by Workbay's set-up while it installs packages."
DENY = f"#!/bin/sh\n{MARK}\nexit 101\n"


@contextlib.contextmanager
def services_stay_off(policy: Path = POLICY) -> Iterator[None]:
    """Answer "not allowed" to every service start, then put back what was there."""
    restore(policy)
    saved = _saved(policy)
    if policy.exists():
        policy.rename(saved)
    try:
        policy.write_text(DENY, encoding="utf-8")
        policy.chmod(0o755)
        yield
    finally:
        restore(policy)


def restore(policy: Path = POLICY) -> None:
    """Undo ours, also what a killed set-up left behind."""
    if policy.is_file() and MARK in policy.read_text(
        encoding="utf-8", errors="replace"
    ):
        policy.unlink()
    saved = _saved(policy)
    if saved.exists() and not policy.exists():
        saved.rename(policy)


def _saved(policy: Path) -> Path:
    return policy.with_name(policy.name + ".before-workbay")
