"""Chooses the runtime folder and makes sure that the service user can work there."""

import hashlib
import os
import pwd
import shutil
from pathlib import Path

from workbay_deploy.identity import can_read
from workbay_deploy.paths import Paths
from workbay_deploy.settings import Settings

STATE = Path("/var/lib/workbay")
NOT_COPIED = (
    ".git",
    ".runtime",
    "__pycache__",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".hypothesis",
    "node_modules",
)


def choose(settings: Settings, checkout: Path, user: pwd.struct_passwd) -> Paths:
    """Inside the checkout where the user reaches it, else in the system's state."""
    reachable = can_read(user, [checkout, *sample(checkout)])
    runtime = settings.runtime
    if runtime is None:
        runtime = checkout / ".runtime" if reachable else STATE / state_name(checkout)
    return Paths(runtime, checkout if reachable else runtime / "source")


def state_name(checkout: Path) -> str:
    """A name that tells checkouts apart and that a person recognises."""
    digest = hashlib.sha256(str(checkout).encode()).hexdigest()[:8]
    return f"{checkout.name}-{digest}"


def sample(checkout: Path) -> list[Path]:
    """Some files of every kind that the services read."""
    return [
        checkout / name
        for name in ("requirements.txt", "odoo.conf", "addons", "contract", "deploy/up")
        if (checkout / name).exists()
    ]


def prepare(paths: Paths, checkout: Path, user: pwd.struct_passwd) -> None:
    """Make the runtime folder the user's, and copy the source where it has to be."""
    paths.runtime.mkdir(mode=0o755, parents=True, exist_ok=True)
    os.chown(paths.runtime, user.pw_uid, user.pw_gid)
    if paths.source != checkout:
        copy_source(checkout, paths.source)


def copy_source(checkout: Path, target: Path) -> None:
    """Replace the copy as a whole; the user may read it and not change it."""
    fresh = target.with_name(target.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(
        checkout, fresh, ignore=shutil.ignore_patterns(*NOT_COPIED), symlinks=True
    )
    for folder, _, files in os.walk(fresh):
        Path(folder).chmod(0o755)
        for name in files:
            file = Path(folder, name)
            if not file.is_symlink():
                file.chmod(0o755 if os.access(file, os.X_OK) else 0o644)
    old = target.with_name(target.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)
