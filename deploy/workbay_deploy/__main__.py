"""The root phase: packages, service user, folders; then root's rights are given up."""

import os
import pwd
import signal
import sys
from pathlib import Path

from workbay_deploy import machine, system_packages
from workbay_deploy.cli import COMMANDS, report, show_help
from workbay_deploy.errors import SetupError
from workbay_deploy.identity import become, can_read, ensure_user, environment
from workbay_deploy.locking import acquire, lock_file
from workbay_deploy.paths import ChainPaths, Paths
from workbay_deploy.placement import choose, prepare
from workbay_deploy.progress import Progress
from workbay_deploy.readiness import unix
from workbay_deploy.settings import CHECKOUT, Settings
from workbay_deploy.up import recorded_ports

# Kept free once everything is installed: logs and the database grow.
WARM_BYTES = 512 * 1024**2


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in COMMANDS:
        print(f"usage: deploy/{{{','.join(COMMANDS)}}} [OPTIONS]", file=sys.stderr)
        return 2
    if {"-h", "--help"} & set(arguments[1:]):
        show_help(arguments[0])
        return 0
    # A closed terminal or a kill must run the same clean-up as Ctrl-C.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    return report(lambda: _hand_over(arguments[0], arguments[1:]))


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _hand_over(name: str, arguments: list[str]) -> int:
    command = COMMANDS[name]
    settings = command.settings(arguments, os.environ)
    user, paths, lock = _prepare(name, settings)
    become(user)
    env = environment(
        user.pw_name,
        paths.home,
        os.environ,
        PYTHONPATH=str(paths.source / "deploy"),
        PYTHONDONTWRITEBYTECODE="1",
        WORKBAY_RUNTIME=str(paths.runtime),
        WORKBAY_USER=user.pw_name,
        WORKBAY_LOCK=str(lock),
        WORKBAY_CWD=str(Path.cwd()),
    )
    if settings.odoo_home is not None:
        env["ODOO_HOME"] = str(settings.odoo_home)
    os.chdir(paths.source)
    os.umask(0o022)
    python = "/usr/bin/python3"
    os.execve(python, [python, "-m", "workbay_deploy.cli", name, *arguments], env)


def _prepare(name: str, settings: Settings) -> tuple[pwd.struct_passwd, Paths, int]:
    command = COMMANDS[name]
    if not command.installs:
        return _find_installed(settings)
    machine.check_debian()
    log = lock_file(CHECKOUT).with_suffix(".log")
    log.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    user = ensure_user(settings.user, log)
    paths = choose(settings, CHECKOUT, user)
    lock = acquire(lock_file(paths.runtime), wait=command.waits)
    warm = paths.venv.is_dir() and (paths.demo / "services.json").is_file()
    machine.check_disk(paths.runtime, WARM_BYTES if warm else machine.NEEDED_BYTES)
    if command.listens:
        ours = recorded_ports(paths) if _runs(paths) else []
        machine.check_ports(settings.ports, ours, settings.bind)
    progress = Progress()
    packages = system_packages.RUN + (system_packages.TEST if command.tests else ())
    system_packages.install(packages, log, progress)
    prepare(paths, CHECKOUT, user)
    if not can_read(user, [paths.runtime, paths.source / "deploy" / "up"]):
        raise SetupError(
            f"{user.pw_name} cannot reach {paths.runtime}: choose another folder by "
            "--runtime."
        )
    return user, paths, lock


def _find_installed(settings: Settings) -> tuple[pwd.struct_passwd, Paths, int]:
    try:
        user = pwd.getpwnam(settings.user)
    except KeyError:
        raise SetupError("Nothing has been set up here: deploy/up does it.") from None
    paths = choose(settings, CHECKOUT, user)
    if not (paths.source / "deploy").is_dir() or not paths.runtime.is_dir():
        raise SetupError("Nothing has been set up here: deploy/up does it.")
    return user, paths, -1


def _runs(paths: Paths) -> bool:
    return unix(ChainPaths(paths.demo).run / "supervisor.sock")()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
