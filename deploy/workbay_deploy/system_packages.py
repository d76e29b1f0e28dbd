"""Debian packages: installs what is missing and starts nothing of it."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from workbay_deploy import commands
from workbay_deploy.errors import CommandError, SetupError
from workbay_deploy.policy import services_stay_off
from workbay_deploy.progress import Progress

RUN = (
    "postgresql",
    "mosquitto",  # brings the dynamic-security plugin
    "nginx-light",
    "python3-venv",
    "wkhtmltopdf",
    "ffmpeg",  # the bay makes its videos with it
    "poppler-utils",
    "fonts-noto-cjk",
    # What pyzbar and opencv-python load.
    "libzbar0",
    "libgl1",
    "libglib2.0-0",
    # rjsmin and a few others come as source.
    "ca-certificates",
    "debian-archive-keyring",
)
TEST = (
    "chromium",
    "gettext",
    "git",
    # What tests/faults disturbs the chain with.
    "gcc",
    "libc6-dev",
    "iproute2",
    "iptables",
    "util-linux",
)

# Services that these packages would start at the machine's next boot.
SERVICES = {
    "postgresql": "postgresql",
    "mosquitto": "mosquitto",
    "nginx-light": "nginx",
}

CREATE_CLUSTER = Path("/etc/postgresql-common/createcluster.conf")
NO_CLUSTER = (
    "# Written by Workbay's set-up, which keeps a cluster of its own elsewhere.\n"
    "create_main_cluster = false\n"
)


def missing(packages: Sequence[str]) -> list[str]:
    """Those that dpkg does not hold completely installed."""
    return [package for package in packages if not _installed(package)]


def install(packages: Sequence[str], log: Path, progress: Progress) -> None:
    """Install what is missing; does not touch the network when nothing is."""
    wanted = missing(packages)
    if not wanted:
        return
    if not _installed("postgresql-common") and not CREATE_CLUSTER.exists():
        CREATE_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
        CREATE_CLUSTER.write_text(NO_CLUSTER, encoding="utf-8")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    with (
        progress.step(f"Installing {len(wanted)} Debian packages"),
        services_stay_off(),
    ):
        # An interrupted run may have left packages unpacked but not configured.
        commands.run(
            ["dpkg", "--force-confold", "--configure", "-a"],
            log=log,
            env=env,
            failure="dpkg could not finish an earlier installation: run "
            "`dpkg --configure -a` and see what it says.",
        )
        commands.run(
            [*_apt(), "update"],
            log=log,
            env=env,
            detail=progress.detail,
            failure="apt could not fetch the package lists: check the network and "
            "/etc/apt/sources.list.",
        )
        try:
            commands.run(
                [*_apt(), "install", *wanted],
                log=log,
                env=env,
                detail=progress.detail,
                failure=f"apt could not install {' '.join(wanted)}: check the network "
                "and the disk, then run this again.",
            )
        except CommandError as error:
            if "Unable to locate package" in error.tail:
                raise CommandError(
                    "This Debian does not offer every package that Workbay needs: see "
                    "above which, and add `main` to /etc/apt/sources.list.",
                    error.tail,
                    log,
                ) from error
            raise
    for package, service in SERVICES.items():
        if package in wanted and shutil.which("update-rc.d"):
            commands.run(
                ["update-rc.d", service, "disable"],
                log=log,
                failure=f"{service} could not be kept from starting at boot.",
            )
    if still := missing(packages):
        raise SetupError(f"apt left {' '.join(still)} uninstalled: see {log}.")


def _installed(package: str) -> bool:
    status = commands.output(["dpkg-query", "-W", "-f", "${db:Status-Status}", package])
    return status == "installed"


def _apt() -> list[str]:
    return [
        "apt-get",
        "-y",
        "--no-install-recommends",
        "-o=DPkg::Lock::Timeout=300",
        "-o=Dpkg::Options::=--force-confold",
        "-o=Acquire::Retries=3",
        # A mirror that does not answer is an error here, not a warning.
        "-o=APT::Update::Error-Mode=any",
    ]
