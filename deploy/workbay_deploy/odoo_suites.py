"""deploy/test --odoo-suites: Odoo's own tests, with our addons installed or without.

They are run unchanged, from the installed Odoo. What fails with ours and not without
them is our fault; what fails both ways is Odoo's, its package's or the machine's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbay_deploy.errors import SettingsError
from workbay_deploy.lab import Lab
from workbay_deploy.selection import split

OPTION = "--odoo-suites"
WITHOUT = "--without-workbay"
# A demo chain is data, which Odoo's tests do not expect in the database.
LEFT_OUT = ("workshop_demo",)
# Odoo runs classes: a function called test_… beside them only helps them.
CLASSES_ALONE = ("-o", "python_functions=")


@dataclass(frozen=True)
class OdooSuites:
    """Which of Odoo's addons to test, and on what."""

    names: tuple[str, ...]
    with_ours: bool
    pytest_arguments: tuple[str, ...]

    def addons(self, lab: Lab) -> list[str]:
        """Ours that have to be installed."""
        if not self.with_ours:
            return []
        return [name for name in lab.addons.ordered if name not in LEFT_OUT]

    def paths(self, addons: Sequence[Path]) -> tuple[str, ...]:
        """The suites' folders below Odoo's addon folders.

        :raises SettingsError: an addon has no tests or is not there.
        """
        found, missing = [], []
        for name in self.names:
            folder = next(
                (path for root in addons if (path := root / name / "tests").is_dir()),
                None,
            )
            if folder is None:
                missing.append(f"{OPTION}: Odoo has no addon {name} with tests")
            else:
                found.append(str(folder))
        if missing:
            raise SettingsError(missing)
        return tuple(found)


def read(arguments: Sequence[str]) -> OdooSuites | None:
    """The option, as `--odoo-suites NAMES` or `--odoo-suites=NAMES`; None without it.

    :raises SettingsError: it names nothing, or stands beside something else.
    """
    ours, pytest_arguments = split(arguments)
    ours = [part for text in ours for part in _parts(text)]
    if OPTION not in ours:
        if WITHOUT in ours:
            raise SettingsError([f"{WITHOUT} goes with {OPTION} NAMES"])
        return None
    place = ours.index(OPTION)
    names = ours[place + 1 : place + 2]
    rest = ours[:place] + ours[place + 2 :]
    wanted = tuple(
        name
        for text in names
        if not text.startswith("-")
        for name in text.split(",")
        if name
    )
    if not wanted:
        raise SettingsError([f"{OPTION}: name addons of Odoo, as in sale,stock"])
    if strange := [text for text in rest if text != WITHOUT]:
        raise SettingsError([f"{text}: does not go with {OPTION}" for text in strange])
    return OdooSuites(wanted, WITHOUT not in rest, tuple(pytest_arguments))


def _parts(text: str) -> list[str]:
    option, equals, value = text.partition("=")
    return [option, value] if equals and option == OPTION else [text]
