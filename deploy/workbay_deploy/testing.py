"""deploy/test: one pytest over everything, or over the paths given."""

import contextlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from workbay_deploy import (
    distribution,
    installation,
    odoo_conf,
    odoo_suites,
    orphans,
)
from workbay_deploy.lab import Lab
from workbay_deploy.locking import release
from workbay_deploy.odoo_home import OdooHome
from workbay_deploy.odoo_suites import CLASSES_ALONE, OdooSuites
from workbay_deploy.paths import Paths
from workbay_deploy.progress import Progress
from workbay_deploy.selection import Selection, select, split
from workbay_deploy.services import odoo_env
from workbay_deploy.settings import Settings

END_SECONDS = 60
ALONE = "tests/faults/test_faults.py"
"""A run of everything keeps it for its end: it holds to its minutes only where nothing
works beside it."""
ALL_PASSED, SOME_FAILED, NOTHING_RUN = 0, 1, 5
"""pytest's exit codes; the last where the options left no test."""
# More would wait for each other: a chain of our own keeps two cores busy as well.
MOST_PROCESSES = 4
# What a person may tell the tests, as CONTRIBUTING.md says; names or their beginnings.
PASSED = (
    "ODOO_HOME",
    "WORKBAY_FAULTS",
    "WORKBAY_KEEP",
    "WORKBAY_SCREENSHOTS",
    "WORKBAY_SEQUENCES",
)


def test(
    settings: Settings, paths: Paths, arguments: Sequence[str], progress: Progress
) -> int:
    """Prepare what the selection needs, run pytest, leave nothing running."""
    of_debian = distribution.FLAG in arguments
    arguments = [each for each in arguments if each != distribution.FLAG]
    suites = odoo_suites.read(arguments)
    given, more = split(arguments)
    if suites:
        given, more = [], [*CLASSES_ALONE, *suites.pytest_arguments]
    working = Path(os.environ.get("WORKBAY_CWD", paths.source))
    if of_debian and not given:
        folder = paths.source / "edge_agent" / "tests"
        given = [str(folder / name) for name in distribution.TESTS]
    selection = select(given, paths.source, working)
    env = installation.setup_env(settings, paths)
    home = installation.ensure(settings, paths, env, progress)
    release(int(os.environ.get("WORKBAY_LOCK", "-1")))
    lab = Lab(installed=paths, odoo=home, user=settings.user)
    lab.paths.create()
    if suites:
        selection = Selection(paths=suites.paths(home.addons), addons=(), odoo=True)
    orphans.adopt()
    shared = not (given or suites)
    command = pytest_argv(paths, selection, more, shared=shared)
    child_env = pytest_env(lab, home)
    if of_debian:
        child_env |= distribution.ensure(paths, settings.mirror, env, progress)
        progress.say(f"On {distribution.versions(paths, child_env)}, Debian's own.")
    try:
        if suites:
            with lab.running(env, progress):
                return _with_suites(lab, suites, command, child_env, progress)
        if selection.addons == ():
            return _run(command, child_env, paths.source)
        with lab.running(env, progress):
            code = _with_database(lab, selection, command, child_env, progress)
            if not shared or code not in (ALL_PASSED, SOME_FAILED, NOTHING_RUN):
                return code
            alone = select([ALONE], paths.source, working)
            command = pytest_argv(paths, alone, more, shared=False)
            last = _with_database(lab, alone, command, child_env, progress)
            return combined(code, last)
    finally:
        # Whoever else tests still needs the server, though this run started it.
        orphans.end_children(lab.cluster.pids())


def combined(first: int, second: int) -> int:
    """One exit code for two runs of pytest: 0 where neither failed and one ran."""
    if NOTHING_RUN in (first, second):
        return min(first, second)
    return first or second


def _with_database(
    lab: Lab,
    selection: Selection,
    command: list[str],
    env: dict[str, str],
    progress: Progress,
) -> int:
    wanted = selection.addons
    if wanted is not None:
        # Kept as well, so that the next change of these installs these alone.
        below = [name for name in lab.addons.closure(wanted) if name not in wanted]
        lab.template(below, progress)
    template = lab.template(lab.addons.ordered if wanted is None else wanted, progress)
    env = env | {
        "WORKBAY_TEST_TEMPLATE": template,
        "WORKBAY_TEST_INSTALL_LOG": str(lab.install_log(template)),
    }
    if not selection.odoo:
        return _run(command, env, lab.installed.source)
    return _with_registry(lab, template, command, env)


def _with_suites(
    lab: Lab,
    suites: OdooSuites,
    command: list[str],
    env: dict[str, str],
    progress: Progress,
) -> int:
    template = lab.template(suites.addons(lab), progress)
    return _with_registry(lab, template, command, env)


def _with_registry(
    lab: Lab, template: str, command: list[str], env: dict[str, str]
) -> int:
    """Let pytest-odoo load a copy of the template."""
    database = f"run_{os.getpid()}"
    odoo_conf.configure(lab.chain)
    lab.drop(database)
    lab.copy(template, database)
    command += [
        f"--odoo-config={odoo_conf.conf_file(lab.chain)}",
        f"--odoo-database={database}",
        f"--odoo-extra=db-filter=^{database}$",
        # Its process and children hold every other part and a browser as well, which
        # need more address space than a server may take.
        "--odoo-extra=limit-memory-hard=0",
        "--odoo-log-level=warn",
        "--odoo-http",
    ]
    try:
        return _run(command, env | {"PGDATABASE": database}, lab.installed.source)
    finally:
        lab.drop(database)


def pytest_argv(
    paths: Paths, selection: Selection, more: Sequence[str], *, shared: bool
) -> list[str]:
    """The caches lie in the runtime: the checkout may belong to somebody else.

    :param shared: by as many processes as there are cores; `-- -n 0` keeps one. What
        is run alone is left out.
    """
    command = [
        str(paths.python),
        *("-m", "pytest"),
        f"--rootdir={paths.source}",
        *("-o", f"cache_dir={paths.cache / 'pytest'}"),
    ]
    if not selection.odoo:
        command += ["-p", "no:odoo"]
    if shared:
        command += ["-n", str(min(os.cpu_count() or 1, MOST_PROCESSES))]
        command += [f"--deselect={ALONE}"]
    return [*command, *more, *selection.paths]


def pytest_env(lab: Lab, home: OdooHome) -> dict[str, str]:
    """For pytest and what it starts."""
    cache = lab.installed.cache
    return {
        **odoo_env(lab.chain),
        "PYTHONSAFEPATH": "",
        "TERM": os.environ.get("TERM", "dumb"),
        "WORKBAY_RUNTIME": str(lab.installed.runtime),
        "WORKBAY_USER": lab.user,
        "WORKBAY_ODOO": str(home.packages),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(cache / "hypothesis"),
        "RUFF_CACHE_DIR": str(cache / "ruff"),
        "MYPY_CACHE_DIR": str(cache / "mypy"),
        "PYLINTHOME": str(cache / "pylint"),
        "PLAYWRIGHT_BROWSERS_PATH": str(cache / "no-browsers"),
        **{
            name: value
            for name, value in os.environ.items()
            if value and name.startswith(PASSED)
        },
    }


def _run(command: Sequence[str], env: Mapping[str, str], source: Path) -> int:
    """Run in the foreground; an interrupt lets pytest print its summary first."""
    process = subprocess.Popen(command, env=dict(env), cwd=source)
    try:
        return process.wait()
    except KeyboardInterrupt:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_SECONDS)
        raise
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
