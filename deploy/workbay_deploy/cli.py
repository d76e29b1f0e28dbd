"""The commands; run as the service user, with everything prepared by the root phase."""

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from workbay_deploy import benching, rotation, status, testing, up
from workbay_deploy.errors import CommandError, SettingsError, SetupError
from workbay_deploy.paths import Paths
from workbay_deploy.progress import Progress
from workbay_deploy.settings import (
    CHECKOUT,
    Settings,
    describe_options,
    read_options,
)


@dataclass(frozen=True, kw_only=True)
class Command:
    """What a command needs from the root phase, and its flags."""

    help: str
    flags: tuple[str, ...] = ()
    installs: bool = False
    tests: bool = False
    listens: bool = False
    waits: bool = False
    # Its arguments are paths or names, not settings.
    free_arguments: bool = False

    def settings(
        self, arguments: Sequence[str], environ: Mapping[str, str]
    ) -> Settings:
        if self.free_arguments:
            return Settings.load({}, environ)
        return Settings.load(read_options(arguments, self.flags)[0], environ)

    def given_flags(self, arguments: Sequence[str]) -> set[str]:
        return read_options(arguments, self.flags)[1]


COMMANDS = {
    "up": Command(
        help=(
            "Start everything; a second run reuses what is there.\n"
            "  --fresh        start over: new database, keys and certificates\n"
            "  --downloads    with --fresh: download everything anew as well\n"
            "  --story        let another car come\n"
            "  --no-story     leave the story out"
        ),
        flags=up.FLAGS,
        installs=True,
        listens=True,
    ),
    "down": Command(help="Stop what up started."),
    "status": Command(help="Say what runs, where, and since when."),
    "keys": Command(
        help=(
            "Say until when certificates hold, or let others follow:\n"
            "  --services        API keys and certificates of the services\n"
            "  --signing         Odoo's signing key, announced by the old one\n"
            "  --rebuild-broker  the broker's rights, from Odoo's list alone"
        ),
        flags=rotation.FLAGS,
    ),
    "test": Command(
        help=(
            "deploy/test [PATH…] [-- PYTEST ARGUMENTS]: run the tests, or a part.\n"
            "  --odoo-suites sale,stock  instead: Odoo's own tests of these addons,\n"
            "                            with ours installed\n"
            "  --without-workbay         and without ours, to compare\n"
            "  --distribution            the bay's tests on Debian's own numpy and\n"
            "                            OpenCV, as a Raspberry Pi has them"
        ),
        installs=True,
        tests=True,
        waits=True,
        free_arguments=True,
    ),
    "bench": Command(
        help="deploy/bench NAME [--json] [ARGUMENTS]: measure.",
        installs=True,
        tests=True,
        waits=True,
        free_arguments=True,
    ),
}


def main(arguments: list[str]) -> int:
    name, rest = arguments[0], arguments[1:]
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    return report(lambda: _run(name, rest))


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _run(name: str, arguments: list[str]) -> int:
    command = COMMANDS[name]
    settings = command.settings(arguments, os.environ)
    assert settings.runtime is not None  # the root phase decided
    paths = Paths(settings.runtime, CHECKOUT)
    progress = Progress()
    if name == "up":
        up.up(settings, paths, command.given_flags(arguments), progress)
        return 0
    if name == "down":
        progress.say("Stopped." if up.down(paths) else "Nothing runs.")
        return 0
    if name == "keys":
        rotation.keys(settings, paths, command.given_flags(arguments), progress)
        return 0
    if name == "status":
        return status.status(paths, progress)
    if name == "test":
        return testing.test(settings, paths, arguments, progress)
    return benching.bench(settings, paths, arguments, progress)


def report(work: Callable[[], int]) -> int:
    """Turn what goes wrong into a sentence and an exit code."""
    try:
        return work()
    except SettingsError as error:
        print(f"Please correct:\n{error}", file=sys.stderr)
        return 2
    except CommandError as error:
        if error.tail:
            print(f"\n{error.tail.rstrip()}\n", file=sys.stderr)
        where = f" (whole log: {error.log})" if error.log else ""
        print(f"{error}{where}", file=sys.stderr)
        return 1
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno is None:
            raise
        print(f"{error}: make it possible and run this again.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; run it again and it goes on from here.", file=sys.stderr)
        return 130


def show_help(name: str) -> None:
    """What the command does and takes."""
    command = COMMANDS[name]
    print(command.help)
    if not command.free_arguments:
        print(f"\nSettings:\n{describe_options()}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
