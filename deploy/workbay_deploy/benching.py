"""deploy/bench: the one entry for measurements."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from workbay_deploy import installation, orphans, venv
from workbay_deploy.errors import SettingsError
from workbay_deploy.lab import Lab
from workbay_deploy.locking import release
from workbay_deploy.paths import Paths
from workbay_deploy.progress import Progress
from workbay_deploy.settings import Settings
from workbay_deploy.testing import pytest_env

CHAINLESS = frozenset({"agent", "scan"})
"""Benches of one deployable alone: they start without Odoo and PostgreSQL."""


def bench(
    settings: Settings, paths: Paths, arguments: Sequence[str], progress: Progress
) -> int:
    """Run tests/bench/NAME.py, with a database template ready if it has a Stack."""
    name, rest = find(arguments, paths.source / "tests" / "bench")
    if "--json" in rest:
        # The last line belongs to the measurement; ours go aside.
        progress = Progress.aside()
    env = installation.setup_env(settings, paths)
    if name in CHAINLESS:
        return _alone(name, rest, env, paths, progress)
    home = installation.ensure(settings, paths, env, progress)
    release(int(os.environ.get("WORKBAY_LOCK", "-1")))
    lab = Lab(installed=paths, odoo=home, user=settings.user, durable=True)
    orphans.adopt()
    try:
        with lab.running(env, progress):
            template = lab.template(lab.addons.ordered, progress)
            return subprocess.run(
                [paths.python, "-m", f"tests.bench.{name}", *rest],
                cwd=paths.source,
                env={
                    **pytest_env(lab, home),
                    "PYTHONPATH": f"{paths.source}:{home.packages}",
                    "WORKBAY_TEST_TEMPLATE": template,
                    "WORKBAY_LAB": "durable",
                },
                check=False,
            ).returncode
    finally:
        # Whoever else tests still needs the server, though this run started it.
        orphans.end_children(lab.cluster.pids())


def _alone(
    name: str,
    rest: Sequence[str],
    env: dict[str, str],
    paths: Paths,
    progress: Progress,
) -> int:
    venv.ensure(paths, env, progress)
    release(int(os.environ.get("WORKBAY_LOCK", "-1")))
    return subprocess.run(
        [paths.python, "-m", f"tests.bench.{name}", *_absolute(rest)],
        cwd=paths.source,
        env={**env, "PYTHONPATH": str(paths.source)},
        check=False,
    ).returncode


def _absolute(arguments: Sequence[str]) -> list[str]:
    """Folders as the caller meant them: seen from where the command was given."""
    caller = Path(os.environ.get("WORKBAY_CWD", "."))
    return [
        str(caller / argument)
        if "/" in argument and not argument.startswith("-")
        else argument
        for argument in arguments
    ]


def find(arguments: Sequence[str], folder: Path) -> tuple[str, list[str]]:
    """The bench's name and its arguments; an unknown name lists what there is."""
    there = sorted(
        path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")
    )
    names = [argument for argument in arguments if not argument.startswith("-")]
    name = names[0] if names else ""
    if name not in there:
        what = f"{name}: there is no such bench" if name else "name a bench"
        raise SettingsError([f"{what}; there are: {', '.join(there) or 'none'}"])
    rest = list(arguments)
    rest.remove(name)
    return name, rest
