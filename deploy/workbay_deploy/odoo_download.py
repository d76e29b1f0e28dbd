"""Fetches Debian's signed Odoo 19 package and unpacks it into the runtime folder.

A private apt configuration verifies the signatures and leaves the machine's own
sources, lists and packages as they are. Nothing is installed, only unpacked.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from workbay_deploy import commands
from workbay_deploy.errors import SetupError
from workbay_deploy.paths import Paths
from workbay_deploy.progress import Progress

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
ODOO_SUITE = "sid"
# Odoo's web libraries and fonts are links into these packages.
FROM_ODOO_SUITE = (
    "odoo-19",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-roboto-unhinted",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-glyphicons-halflings",
)
# Later releases of these two have other file names than the links expect.
STABLE_SUITE = "bookworm"
FROM_STABLE_SUITE = ("fonts-font-awesome", "fonts-inconsolata")
SUITES = (ODOO_SUITE, STABLE_SUITE)

APT_CONF = """\
Dir::State::lists "{work}/lists";
Dir::Cache "{work}/cache";
Dir::Etc::sourcelist "{work}/sources.list";
Dir::Etc::sourceparts "{work}/empty";
Dir::Etc::preferences "{work}/empty/preferences";
Dir::Etc::preferencesparts "{work}/empty";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Update::Error-Mode "any";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"""


def ensure(
    paths: Paths, mirror: str, env: Mapping[str, str], progress: Progress
) -> Path:
    """The unpacked Odoo; does not touch the network when it is there."""
    if paths.odoo.is_dir():
        return paths.odoo
    packages = paths.downloads / "odoo-19"
    if not packages.is_dir():
        with progress.step("Downloading Odoo 19 from Debian, verified by apt"):
            _download(packages, mirror, paths.log, env, progress)
    with progress.step("Unpacking Odoo 19"):
        _unpack(packages, paths.odoo, paths.log, progress)
    return paths.odoo


def _download(
    target: Path, mirror: str, log: Path, env: Mapping[str, str], progress: Progress
) -> None:
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    with apt(target.with_name("apt"), mirror, SUITES, log, env, progress) as apt_get:
        commands.run(
            [
                *apt_get,
                "download",
                *(f"{package}/{ODOO_SUITE}" for package in FROM_ODOO_SUITE),
                *(f"{package}/{STABLE_SUITE}" for package in FROM_STABLE_SUITE),
            ],
            log=log,
            env=env,
            cwd=partial,
            detail=progress.detail,
            failure=f"Odoo could not be downloaded whole from {mirror}: check the "
            "network and run this again, or name another Debian mirror by --mirror.",
        )
    partial.rename(target)


@contextlib.contextmanager
def apt(
    work: Path,
    mirror: str,
    suites: Sequence[str],
    log: Path,
    env: Mapping[str, str],
    progress: Progress,
) -> Iterator[list[str | Path]]:
    """An ``apt-get`` of its own, with the lists of these suites; gone afterwards."""
    shutil.rmtree(work, ignore_errors=True)
    for folder in (
        work / "lists/partial",
        work / "cache/archives/partial",
        work / "empty",
    ):
        folder.mkdir(parents=True)
    source = f"deb [signed-by={KEYRING}] {mirror}"
    (work / "sources.list").write_text(
        "".join(f"{source} {suite} main\n" for suite in suites), encoding="utf-8"
    )
    (work / "apt.conf").write_text(APT_CONF.format(work=work), encoding="utf-8")
    apt_get = ["apt-get", "-q", "-c", work / "apt.conf"]
    commands.run(
        [*apt_get, "update"],
        log=log,
        env=env,
        detail=progress.detail,
        failure=f"The package lists could not be fetched from {mirror}: check the "
        "network, or name another Debian mirror by --mirror.",
    )
    yield apt_get
    shutil.rmtree(work, ignore_errors=True)


def _unpack(packages: Path, target: Path, log: Path, progress: Progress) -> None:
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for package in sorted(packages.glob("*.deb")):
        progress.detail(package.name)
        try:
            commands.run(
                ["dpkg-deb", "-x", package, partial],
                log=log,
                failure=f"{package.name} is broken or the disk full: run this again, "
                "it is fetched anew.",
            )
        except SetupError:
            shutil.rmtree(packages, ignore_errors=True)
            raise
    if lost := broken_links(partial):
        shutil.rmtree(packages, ignore_errors=True)
        raise SetupError(
            f"The downloaded Odoo lacks files, {lost[0].name} for one: "
            "run this again, or point ODOO_HOME to another Odoo 19."
        )
    partial.rename(target)


def broken_links(root: Path) -> list[Path]:
    """Links that lead nowhere."""
    found = []
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder, name)
            if path.is_symlink() and not path.exists():
                found.append(path)
    return found
