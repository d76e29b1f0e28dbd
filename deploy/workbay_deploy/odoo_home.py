"""Finds Odoo 19 in a folder: Debian's package, a source checkout, a nightly."""

import ast
from dataclasses import dataclass
from pathlib import Path

from workbay_deploy.errors import SetupError

WANTED = (19, 0)


@dataclass(frozen=True)
class OdooHome:
    """How to run one installed Odoo."""

    script: Path
    packages: Path  # the folder that has to be on PYTHONPATH
    addons: tuple[Path, ...]
    version: str


def find(home: Path) -> OdooHome:
    """The Odoo below ``home``; refuses anything that is not 19.0."""
    for packages, script in _layouts(home):
        release = packages / "odoo" / "release.py"
        if release.is_file() and script.is_file():
            return _check(home, packages, script, release)
    raise SetupError(
        f"{home} holds no Odoo (neither odoo-bin with odoo/release.py nor an unpacked "
        "package): correct ODOO_HOME, or unset it to have Debian's package fetched."
    )


def _layouts(home: Path) -> list[tuple[Path, Path]]:
    dist = home / "usr/lib/python3/dist-packages"
    return [
        (dist, home / "usr/bin/odoo"),
        (home, home / "odoo-bin"),
        (home, home / "setup/odoo"),
        (home, home / "bin/odoo"),
        # An installed nightly package, named by its dist-packages.
        (home, Path("/usr/bin/odoo")),
    ]


def _check(home: Path, packages: Path, script: Path, release: Path) -> OdooHome:
    version = read_version(release)
    if version[:2] != WANTED:
        found = ".".join(str(part) for part in version[:2])
        raise SetupError(
            f"{home} holds Odoo {found} and Workbay needs 19.0: point ODOO_HOME to an "
            "official Odoo 19."
        )
    folders = (packages / "odoo/addons", packages / "addons")
    return OdooHome(
        script=script,
        packages=packages,
        addons=tuple(folder for folder in folders if folder.is_dir()),
        version=".".join(str(part) for part in version),
    )


def read_version(release: Path) -> tuple[object, ...]:
    """`version_info` of a release.py, read without running it."""
    names = {
        "ALPHA": "alpha",
        "BETA": "beta",
        "RELEASE_CANDIDATE": "rc",
        "FINAL": "final",
    }
    for node in ast.parse(release.read_text(encoding="utf-8")).body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id == "version_info"
            and isinstance(node.value, ast.Tuple)
        ):
            return tuple(
                part.value
                if isinstance(part, ast.Constant)
                else names.get(getattr(part, "id", ""), "?")
                for part in node.value.elts
            )
    raise SetupError(f"{release} names no Odoo version: the download is broken.")
