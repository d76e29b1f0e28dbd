"""The system's own part: version, packages, users, a root that may be read-only."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from workbay_bay.layout import Layout
from workbay_deploy import commands
from workbay_deploy.errors import SetupError
from workbay_deploy.progress import Progress

SUITES = ("bookworm", "trixie")
NEEDED = (
    "python3-venv",
    "python3-numpy",
    "python3-opencv",
    "python3-pil",
    "python3-gpiozero",
    "libzbar0",
    "ffmpeg",
    "ca-certificates",
)
PI = ("python3-picamera2", "python3-lgpio")
"""Only Raspberry Pi's own archive has them."""

SCREEN = ("cage", "fonts-noto-cjk")
BROWSERS = ("chromium", "chromium-browser")
"""The same program; Raspberry Pi OS 12 has it under the second name."""

AGENT, KIOSK = "workbay", "workbay-kiosk"
GROUPS = ("video", "gpio")


def check(layout: Layout) -> None:
    """:raises SetupError: this is no system that it was tried on."""
    release = _os_release(layout.root / "etc/os-release")
    suite = release.get("VERSION_CODENAME", "")
    if suite not in SUITES:
        raise SetupError(
            f"This is {release.get('PRETTY_NAME', 'no known system')}; a bay needs "
            "Raspberry Pi OS 12 or 13 (bookworm, trixie), 64-bit."
        )
    if commands.output(["dpkg", "--print-architecture"]).strip() not in (
        "arm64",
        "amd64",
    ):
        raise SetupError("A bay needs the 64-bit system: write that image to the card.")


def is_pi(layout: Layout) -> bool:
    """Whether the system is Raspberry Pi OS, whose archive has the camera's stack."""
    return (layout.root / "etc/rpi-issue").is_file()


def install_packages(layout: Layout, screen: bool, progress: Progress) -> None:
    """What is missing, from the system's own archive; nothing is asked or upgraded."""
    wanted = [*NEEDED, *(PI if is_pi(layout) else ())]
    if screen:
        wanted += SCREEN
        if not any(_installed(each) for each in BROWSERS):
            wanted.append(_browser())
    missing = [each for each in wanted if not _installed(each)]
    if not missing:
        return
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    apt = ["apt-get", "-y", "--no-install-recommends", "-o=DPkg::Lock::Timeout=300"]
    with progress.step(f"Installing {len(missing)} packages of the system"):
        commands.run(
            [*apt, "update"],
            log=layout.log,
            env=env,
            detail=progress.detail,
            failure="apt could not fetch the package lists: check the network.",
        )
        commands.run(
            [*apt, "install", *missing],
            log=layout.log,
            env=env,
            detail=progress.detail,
            failure=f"apt could not install {' '.join(missing)}: check network and "
            "disk, then run this again.",
        )


def _browser() -> str:
    for name in BROWSERS:
        if (
            "Candidate: (none)"
            not in (said := commands.output(["apt-cache", "policy", name]))
            and said
        ):
            return name
    return BROWSERS[0]


def add_users(layout: Layout) -> None:
    """One for the agent, one for the screen; neither logs in, neither is root."""
    for user, home, groups in (
        (AGENT, "/var/lib/workbay", GROUPS),
        (KIOSK, "/nonexistent", ()),
    ):
        if not commands.output(["getent", "passwd", user]):
            commands.run(
                [
                    *("useradd", "--system", "--user-group", "--no-create-home"),
                    *("--home-dir", home, "--shell", "/usr/sbin/nologin", user),
                ],
                log=layout.log,
                failure=f"The user {user} could not be made.",
            )
        for group in groups:
            if not commands.output(["getent", "group", group]):
                # No Pi: the unit names the group all the same.
                commands.run(
                    ["groupadd", "--system", group],
                    log=layout.log,
                    failure=f"The group {group} could not be made.",
                )
            commands.run(
                ["usermod", "--append", "--groups", group, user],
                log=layout.log,
                failure=f"{user} could not be put into the group {group}.",
            )
    layout.data.mkdir(parents=True, exist_ok=True)
    commands.run(
        ["chown", "--recursive", f"{AGENT}:{AGENT}", layout.data],
        log=layout.log,
        failure=f"{layout.data} could not be given to {AGENT}.",
    )
    layout.data.chmod(0o700)


def remove_users(layout: Layout) -> None:
    for user in (AGENT, KIOSK):
        if commands.output(["getent", "passwd", user]):
            commands.run(
                ["userdel", user],
                log=layout.log,
                failure=f"The user {user} could not be removed.",
            )


@contextlib.contextmanager
def writable(layout: Layout) -> Iterator[None]:
    """Lets a root that is mounted read-only be written meanwhile.

    :raises SetupError: it is an overlay, whose changes the next start forgets.
    """
    options, kind = _mount(layout.root / "proc/self/mounts")
    if kind == "overlay" and is_pi(layout):
        raise SetupError(
            "The system lies under an overlay that forgets all changes: switch it off "
            "(raspi-config nonint disable_overlayfs), restart, run this, switch it on."
        )
    closed = "ro" in options
    if closed:
        _remount(layout, "rw")
    try:
        yield
    finally:
        if closed:
            os.sync()
            _remount(layout, "ro")


def _remount(layout: Layout, how: str) -> None:
    commands.run(
        ["mount", "-o", f"remount,{how}", layout.root],
        log=Path("/dev/null") if how == "rw" else layout.log,
        failure=f"The system could not be mounted {how}.",
    )


def _mount(mounts: Path) -> tuple[Sequence[str], str]:
    """Options and kind of the root's file system; the last line of it holds."""
    options, kind = "", ""
    if mounts.is_file():
        for line in mounts.read_text(encoding="utf-8").splitlines():
            fields = line.split()
            if len(fields) > 3 and fields[1] == "/":
                kind, options = fields[2], fields[3]
    return options.split(","), kind


def _installed(package: str) -> bool:
    said = commands.output(["dpkg-query", "-W", "-f", "${db:Status-Status}", package])
    return said == "installed"


def _os_release(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {name: value.strip('"') for name, _, value in pairs}
