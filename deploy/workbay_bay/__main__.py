"""``workbay-bay``, or ``deploy/bay/install``: sets a bay up and looks after it."""

import argparse
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from workbay_bay import release, service, system
from workbay_bay.layout import Layout
from workbay_deploy.errors import CommandError, SetupError
from workbay_deploy.progress import Progress

SETTLE_SECONDS = 10.0


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    layout = Layout(options.root)
    progress = Progress()
    try:
        if options.command == "status":
            return _status(layout, progress)
        with system.writable(layout):
            return int(_COMMANDS[options.command](layout, options, progress) or 0)
    except SetupError as error:
        if isinstance(error, CommandError) and error.tail:
            sys.stderr.write(error.tail)
        sys.stderr.write(f"{error}\n")
        return 1


def _install(layout: Layout, options: argparse.Namespace, progress: Progress) -> None:
    """All of it; a second time only what is missing or has changed."""
    system.check(layout)
    screen = not options.no_screen
    system.install_packages(layout, screen, progress)
    system.add_users(layout)
    before = release.running(layout)
    made = release.build(layout, progress)
    _change(layout, before, made, options, progress)
    release.prune(layout)
    progress.say(
        f"This bay has {made.name}. “edge-agent doctor” looks whether it is well."
    )


def _change(
    layout: Layout,
    before: Path | None,
    after: Path,
    options: argparse.Namespace,
    progress: Progress,
) -> None:
    """Let ``after`` run; where it does not, what ran before runs again.

    :raises SetupError: it did not.
    """
    screen = not options.no_screen
    release.switch(layout, after)
    service.write(layout, screen)
    if not layout.has_systemd():
        progress.say("No systemd runs here: the bay starts with the machine.")
        return
    try:
        service.restart(layout, screen, progress, options.settle)
    except SetupError as error:
        if before is None or before == after or not before.is_dir():
            raise
        release.switch(layout, before)
        (after / "complete").unlink()  # it is not gone back to, and built anew
        _own(layout, before, "refresh", options)
        raise SetupError(
            f"{error}\n{before.name} runs again; nothing is lost."
        ) from error


def _own(layout: Layout, made: Path, command: str, options: argparse.Namespace) -> None:
    """Let a release put its own units and commands in place, and start."""
    arguments = ["--root", str(layout.root), "--settle", str(options.settle)]
    arguments += ["--no-screen"] if options.no_screen else []
    done = subprocess.run(
        [made / "source/deploy/bay/install", command, *arguments], check=False
    )
    if done.returncode:
        raise SetupError(f"{made.name} does not run either: see {layout.log}.")


def _refresh(layout: Layout, options: argparse.Namespace, progress: Progress) -> None:
    """Write units and commands of this release, and start it."""
    service.write(layout, not options.no_screen)
    if layout.has_systemd():
        service.restart(layout, not options.no_screen, progress, options.settle)


def _update(layout: Layout, options: argparse.Namespace, progress: Progress) -> int:
    """Install what another source holds: its own installer does it."""
    source: Path = options.source
    with tempfile.TemporaryDirectory(prefix="workbay-update-") as folder:
        if source.is_file():
            with tarfile.open(source) as archive:
                archive.extractall(folder, filter="data")
            source = Path(folder)
        found = sorted([source, *source.glob("*/")], key=lambda each: len(each.parts))
        installers = [each / "deploy/bay/install" for each in found]
        installer = next((each for each in installers if each.is_file()), None)
        if installer is None:
            raise SetupError(f"{options.source} is no source of Workbay.")
        arguments = ["--root", str(layout.root), "--settle", str(options.settle)]
        arguments += ["--no-screen"] if options.no_screen else []
        return subprocess.run(
            [installer, "install", *arguments], check=False
        ).returncode


def _rollback(layout: Layout, options: argparse.Namespace, progress: Progress) -> None:
    """Go back to the release before; that one's own installer starts it."""
    to = release.former(layout)
    if to is None:
        raise SetupError("There is no other release here to go back to.")
    release.switch(layout, to)
    _own(layout, to, "refresh", options)
    progress.say(f"This bay has {to.name} again.")


def _repair(layout: Layout, options: argparse.Namespace, progress: Progress) -> None:
    """Build the running release anew, packages and rights included."""
    made = layout.releases / release.name()
    (made / "complete").unlink(missing_ok=True)
    kept = made.with_name(f"{made.name}.broken")
    shutil.rmtree(kept, ignore_errors=True)
    if made.exists():
        # This very program runs from it: it is moved aside, not taken away.
        source = tempfile.mkdtemp(prefix="workbay-repair-")
        shutil.copytree(made / "source", Path(source, "source"))
        arguments = ["--root", str(layout.root), "--settle", str(options.settle)]
        arguments += ["--no-screen"] if options.no_screen else []
        made.rename(kept)
        done = subprocess.run(
            [Path(source, "source/deploy/bay/install"), "install", *arguments],
            check=False,
        )
        shutil.rmtree(source)
        if done.returncode:
            shutil.rmtree(made, ignore_errors=True)
            kept.rename(made)
            (made / "complete").touch()
            raise SetupError("It could not be repaired; it is as it was.")
        shutil.rmtree(kept, ignore_errors=True)  # pruned with what was only half there
        return
    _install(layout, options, progress)


def _uninstall(layout: Layout, options: argparse.Namespace, progress: Progress) -> None:
    """Take everything away but what the bay has recorded and its settings."""
    service.stop(layout)
    for path in layout.commands.values():
        path.unlink(missing_ok=True)
    shutil.rmtree(layout.current.parent, ignore_errors=True)
    if options.purge:
        shutil.rmtree(layout.data, ignore_errors=True)
        shutil.rmtree(layout.settings.parent, ignore_errors=True)
        system.remove_users(layout)
        layout.log.unlink(missing_ok=True)
        progress.say("Nothing of Workbay is left but the system's packages.")
        return
    progress.say(
        f"Removed. {layout.data} and {layout.settings} are kept: what the bay has not "
        "sent yet lies there. With --purge they go as well."
    )


def _status(layout: Layout, progress: Progress) -> int:
    now = release.running(layout)
    progress.say(f"running   {now.name if now else 'nothing'}")
    other = release.former(layout)
    progress.say(f"before    {other.name if other else 'nothing'}")
    up = service.answers(layout)
    progress.say(f"answers   {'yes' if up else 'no'}")
    return 0 if up else 1


_COMMANDS = {
    "install": _install,
    "update": _update,
    "rollback": _rollback,
    "repair": _repair,
    "refresh": _refresh,
    "uninstall": _uninstall,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="workbay-bay", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, help_ in (
        ("install", "set this bay up, or bring it to this source's version"),
        ("update", "install a newer version; if it does not run, go back"),
        ("rollback", "go back to the version before"),
        ("repair", "build this version anew"),
        ("refresh", argparse.SUPPRESS),
        ("uninstall", "take it away; what was recorded is kept"),
        ("status", "say what runs"),
    ):
        command = commands.add_parser(name, help=help_)
        command.add_argument(
            "--root", type=Path, default=Path("/"), help="try it in another folder"
        )
        command.add_argument(
            "--settle",
            type=float,
            default=SETTLE_SECONDS,
            metavar="SECONDS",
            help="for which a version must run before it counts",
        )
        command.add_argument(
            "--no-screen", action="store_true", help="a bay of buttons and lamps only"
        )
        if name == "update":
            command.add_argument("source", type=Path, help="a folder or a .tar.gz")
        if name == "uninstall":
            command.add_argument(
                "--purge", action="store_true", help="what was recorded as well"
            )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
