"""Units, settings and commands; starting the bay, and seeing that it works."""

import contextlib
import json
import shutil
import time
import urllib.request
from pathlib import Path

from workbay_bay.layout import SHIPPED, Layout
from workbay_bay.system import is_pi
from workbay_deploy import commands
from workbay_deploy.errors import CommandError, SetupError
from workbay_deploy.progress import Progress

AGENT, KIOSK = "workbay-agent.service", "workbay-kiosk.service"
ANSWER_SECONDS = 5.0


def write(layout: Layout, screen: bool) -> None:
    """Write units and commands anew; settings only where there are none."""
    units = [AGENT, *([KIOSK] if screen else [])]
    for unit in units:
        _put(SHIPPED / unit, layout.units / unit, 0o644)
    for name, path in layout.commands.items():
        _put(SHIPPED / name, path, 0o755)
    if not layout.settings.exists():
        text = (SHIPPED / "bay.env").read_text(encoding="utf-8")
        camera = "picamera2" if is_pi(layout) else "v4l2"
        layout.settings.parent.mkdir(parents=True, exist_ok=True)
        layout.settings.write_text(text.replace("@CAMERA@", camera), encoding="utf-8")
    if layout.has_systemd():
        _systemctl(layout, "daemon-reload")
    for unit in units:
        _systemctl(layout, "enable", unit)


def restart(layout: Layout, screen: bool, progress: Progress, settle: float) -> None:
    """Start what is linked, and see that it stays up and answers.

    :param settle: seconds for which it must not have died.
    :raises SetupError: it does not.
    """
    with progress.step("Starting the bay and looking whether it answers"):
        try:
            # The unit notifies: this returns once the agent says that it runs.
            _systemctl(layout, "restart", AGENT)
        except CommandError as error:
            raise SetupError(_why(layout)) from error
        before = _restarts()
        deadline = time.monotonic() + settle
        while time.monotonic() < deadline:
            time.sleep(min(1.0, settle))
        if _restarts() != before or not answers(layout):
            raise SetupError(_why(layout))
    if screen:
        _systemctl(layout, "restart", "--no-block", KIOSK)


def stop(layout: Layout) -> None:
    """Stop and forget the units that are there."""
    for unit in (KIOSK, AGENT):
        if (layout.units / unit).exists():
            if layout.has_systemd():
                _systemctl(layout, "stop", unit)
            _systemctl(layout, "disable", unit)
            (layout.units / unit).unlink()
    if layout.has_systemd():
        _systemctl(layout, "daemon-reload")


def answers(layout: Layout) -> bool:
    """Whether the agent's own page is served."""
    port = settings(layout).get("BAY_KIOSK_PORT", "8080")
    with (
        contextlib.suppress(OSError, ValueError),
        urllib.request.urlopen(
            f"http://127.0.0.1:{port}/health", timeout=ANSWER_SECONDS
        ) as answer,
    ):
        return bool(json.loads(answer.read()).get("version"))
    return False


def settings(layout: Layout) -> dict[str, str]:
    pairs = {}
    if layout.settings.is_file():
        for line in layout.settings.read_text(encoding="utf-8").splitlines():
            name, equals, value = line.strip().partition("=")
            if equals and not name.startswith("#"):
                pairs[name] = value.strip("'\"")
    return pairs


def _why(layout: Layout) -> str:
    lines = commands.output(
        ["journalctl", "-u", AGENT, "-n", "5", "--no-pager", "-o", "cat"]
    ).strip()
    return f"The agent does not run: {lines or 'see journalctl -u ' + AGENT}"


def _restarts() -> str:
    return commands.output(["systemctl", "show", "-p", "NRestarts", AGENT]).strip()


def _systemctl(layout: Layout, *arguments: str) -> None:
    commands.run(
        ["systemctl", *arguments],
        log=layout.log,
        failure=f"systemctl {' '.join(arguments)} failed: see {layout.log}.",
    )


def _put(source: Path, target: Path, mode: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, part)
    part.chmod(mode)
    part.replace(target)
