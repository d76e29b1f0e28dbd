"""Debian's own numpy and OpenCV, unpacked beside the virtual environment.

A Raspberry Pi takes both from its distribution, years older than the pinned ones. With
``deploy/test --distribution`` the bay's tests run on them: nothing is installed, the
tests only find these first. Debian 12's are for its own Python, which ours is.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from workbay_deploy import commands, odoo_download
from workbay_deploy.errors import SetupError
from workbay_deploy.paths import Paths
from workbay_deploy.progress import Progress

FLAG = "--distribution"
SUITE = "bookworm"
PACKAGES = ("python3-numpy", "python3-opencv")
OURS = ("numpy", "cv2")
TESTS = (
    "test_bad_input.py",
    "test_camera_black.py",
    "test_camera_scene.py",
    "test_camera_sources.py",
    "test_doctor.py",
    "test_effort.py",
    "test_kiosk_scanning.py",
    "test_media.py",
    "test_scan.py",
    "test_scan_grid.py",
    "test_scan_labels.py",
    "test_scan_symbol.py",
    "test_scan_wedge.py",
)
"""Of the agent: whatever numpy and OpenCV have a part in."""


def ensure(
    paths: Paths, mirror: str, env: Mapping[str, str], progress: Progress
) -> dict[str, str]:
    """:return: the variables with which Python finds them before all others."""
    root = paths.runtime / "distribution"
    if not root.is_dir():
        packages = paths.downloads / "distribution"
        if not packages.is_dir():
            with progress.step("Downloading Debian's numpy and OpenCV"):
                _download(packages, mirror, paths.log, env, progress)
        with progress.step("Unpacking Debian's numpy and OpenCV"):
            _unpack(packages, root, paths.log)
    # Not only in the architecture's folder: BLAS for one has a folder of its own.
    folders = {str(each.parent) for each in root.glob("usr/lib/**/lib*.so.*")}
    return {
        "PYTHONPATH": str(root / "first"),
        "LD_LIBRARY_PATH": os.pathsep.join(sorted(folders)),
    }


def versions(paths: Paths, env: Mapping[str, str]) -> str:
    """What Python then finds.

    :raises SetupError: not these.
    """
    said = commands.output(
        [
            paths.python,
            "-c",
            "import numpy, cv2; print(numpy.__file__, numpy.__version__);"
            " print(cv2.__file__, cv2.__version__)",
        ],
        env=env,
    )
    lines = said.split("\n")[:2]
    if not all(str(paths.runtime / "distribution") in line for line in lines):
        raise SetupError(
            "Debian's numpy and OpenCV cannot be loaded here: remove "
            f"{paths.runtime / 'distribution'} and run this again."
        )
    numpy, opencv = (line.split()[-1] for line in lines)
    return f"numpy {numpy}, OpenCV {opencv}"


def _download(
    target: Path, mirror: str, log: Path, env: Mapping[str, str], progress: Progress
) -> None:
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    work = target.with_name("apt-distribution")
    failure = (
        f"Debian's packages could not be downloaded whole from {mirror}: check the "
        "network and run this again."
    )
    with odoo_download.apt(work, mirror, [SUITE], log, env, progress) as apt_get:
        # What they need beyond this machine's packages, and themselves in any case.
        commands.run(
            [
                *apt_get,
                *("install", "-y", "--download-only", "--no-install-recommends"),
                *("-o", "Debug::NoLocking=1"),
                *(f"{package}/{SUITE}" for package in PACKAGES),
            ],
            log=log,
            env=env,
            detail=progress.detail,
            failure=failure,
        )
        for package in (work / "cache" / "archives").glob("*.deb"):
            package.rename(partial / package.name)
        commands.run(
            [*apt_get, "download", *(f"{package}/{SUITE}" for package in PACKAGES)],
            log=log,
            env=env,
            cwd=partial,
            failure=failure,
        )
    partial.rename(target)


def _unpack(packages: Path, root: Path, log: Path) -> None:
    partial = root.with_name(root.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for package in sorted(packages.glob("*.deb")):
        commands.run(
            ["dpkg-deb", "-x", package, partial],
            log=log,
            failure=f"{package.name} is broken or the disk full: remove {packages} and "
            "run this again.",
        )
    # These alone: Debian's other Python packages must not hide the pinned ones.
    first = partial / "first"
    first.mkdir()
    for module in (partial / "usr/lib/python3/dist-packages").iterdir():
        if module.name.partition(".")[0] in OURS:
            (first / module.name).symlink_to(
                Path("..", "usr/lib/python3/dist-packages", module.name)
            )
    partial.rename(root)
