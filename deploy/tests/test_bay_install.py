"""A bay is set up, updated, brought back and removed in a folder of its own.

The system's commands are stand-ins that keep what they were asked; systemctl's starts
the agent for real, from the release that is linked, and waits until it notifies. The
environment of a release is this one: ``deploy/bay/try`` makes real ones, in a real
Raspberry Pi OS's Debian with a real systemd.
"""

import contextlib
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from workbay_bay import __main__ as bay
from workbay_bay import release, service, system
from workbay_bay.layout import SHIPPED, Layout

from workbay_deploy.progress import Progress

ROOT = Path(__file__).parents[2]
STAND_INS = {
    "apt-get": "",
    "apt-cache": 'echo "  Candidate: 1"',
    "dpkg": "echo arm64",
    "dpkg-query": 'grep -qx "${@: -1}" $TARGET_ROOT/installed && echo -n installed',
    "getent": 'grep -qx "$1 $2" $TARGET_ROOT/names && echo there',
    "useradd": 'echo "passwd ${@: -1}" >> $TARGET_ROOT/names',
    "groupadd": 'echo "group ${@: -1}" >> $TARGET_ROOT/names',
    "userdel": 'sed -i "/^passwd $1$/d" $TARGET_ROOT/names',
    "usermod": "",
    "chown": "",
    "mount": "",
    "journalctl": "echo it stumbled",
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Raspberry Pi OS as far as the installer looks at one."""
    root = tmp_path / "root"
    for folder in ("etc", "run/systemd/system", "proc/self", "bin"):
        (root / folder).mkdir(parents=True)
    (root / "etc/os-release").write_text('VERSION_CODENAME=bookworm\nPRETTY_NAME="x"\n')
    (root / "etc/rpi-issue").touch()
    (root / "installed").write_text("ffmpeg\nca-certificates\n")
    (root / "names").write_text("group video\n")
    for name, script in STAND_INS.items():
        _script(
            root / "bin" / name, f'echo "{name} $*" >> $TARGET_ROOT/asked\n{script}\n'
        )
    shutil.copy(ROOT / "deploy/tests/bay_systemctl.py", root / "bin/systemctl")
    (root / "bin/systemctl").chmod(0o755)
    monkeypatch.setenv("TARGET_ROOT", str(root))
    monkeypatch.setenv(
        "PATH", f"{root / 'bin'}:{Path(sys.executable).parent}:/usr/bin:/bin"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    monkeypatch.setattr(release, "_environment", _environment)
    monkeypatch.setattr(bay, "_own", _own)
    yield root
    pid = root / "agent.pid"
    if pid.is_file():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid.read_text()), signal.SIGKILL)


def _script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/bash\n{text}")
    path.chmod(0o755)


def _environment(layout: Layout, made: Path, progress: Progress) -> None:
    """This one: its command runs the agent of the release's own copy."""
    (made / "venv/bin").mkdir(parents=True)
    path = f"{made}/source/edge_agent:{made}/source/contract:{os.environ['PYTHONPATH']}"
    _script(
        made / "venv/bin/edge-agent",
        f'export PYTHONPATH={path}\nexec {sys.executable} -m edge_agent "$@"\n',
    )


def _own(layout: Layout, made: Path, command: str, options: object) -> None:
    """The release's own installer, in this process."""
    assert command == "refresh"
    bay._refresh(layout, options, Progress(io.StringIO()))  # type: ignore[arg-type]


def run(root: Path, *arguments: str) -> int:
    return bay.main([*arguments, "--root", str(root), "--settle", "0.2"])


def asked(root: Path) -> list[str]:
    file = root / "asked"
    return file.read_text().splitlines() if file.is_file() else []


def configure(root: Path) -> Layout:
    """Settings as a person leaves them: another port, no camera."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    layout = Layout(root)
    layout.settings.parent.mkdir(parents=True)
    layout.settings.write_text(
        f"# ours\nBAY_DATA_DIR={layout.data}\nBAY_CAMERA=virtual\n"
        f"BAY_KIOSK_PORT={port}\n"
    )
    return layout


def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> Path:
    """Let the installer run from a source of another version."""
    source = tmp_path / version
    if not source.exists():
        for part in ("contract", "edge_agent", "deploy"):
            shutil.copytree(
                ROOT / part,
                source / part,
                ignore=shutil.ignore_patterns("tests", "__pycache__"),
            )
        shutil.copy(ROOT / "requirements.txt", source)
        project = source / "edge_agent/pyproject.toml"
        project.write_text(project.read_text().replace('"0.1.0"', f'"{version}"'))
    monkeypatch.setattr(release, "SOURCE", source)
    return source


def version(layout: Layout) -> str:
    now = release.running(layout)
    assert now is not None
    return now.name.partition("-")[0]


def test_a_bay_is_installed_and_runs(root: Path) -> None:
    layout = configure(root)
    kept = layout.settings.read_text()
    assert run(root, "install") == 0
    assert service.answers(layout)
    assert layout.settings.read_text() == kept
    lines = asked(root)
    [install] = [
        line for line in lines if line.startswith("apt-get") and "numpy" in line
    ]
    for package in ("python3-opencv", "python3-picamera2", "python3-lgpio", "cage"):
        assert package in install
    assert "ffmpeg" not in install  # it was there
    assert not any("odoo" in line or "postgres" in line for line in lines)
    assert "usermod --append --groups gpio workbay" in lines
    assert (layout.units / "workbay-kiosk.service").is_file()
    assert {path.exists() for path in layout.commands.values()} == {True}
    assert layout.data.stat().st_mode & 0o777 == 0o700


def test_a_second_time_changes_nothing(root: Path) -> None:
    layout = configure(root)
    assert run(root, "install") == 0
    (root / "installed").write_text(
        "\n".join([*system.NEEDED, *system.PI, *system.SCREEN, "chromium"])
    )
    (root / "asked").unlink()
    made = release.running(layout)
    before = made.stat().st_mtime_ns if made else 0
    assert run(root, "install") == 0
    assert release.running(layout) == made
    assert made is not None
    assert made.stat().st_mtime_ns == before
    assert not [line for line in asked(root) if line.startswith(("apt-get", "useradd"))]


def test_settings_are_made_once_with_the_pis_camera(root: Path) -> None:
    layout = Layout(root)
    (root / "run/systemd/system").rmdir()
    assert run(root, "install", "--no-screen") == 0
    text = layout.settings.read_text()
    assert "BAY_CAMERA=picamera2\n" in text
    assert not (layout.units / "workbay-kiosk.service").exists()
    assert "@" not in "".join(line for line in text.splitlines() if "=" in line)


def test_shipped_settings_are_all_known() -> None:
    from edge_agent.settings import Settings

    text = (SHIPPED / "bay.env").read_text().replace("@CAMERA@", "v4l2")
    pairs = [
        line.lstrip("#").partition("=") for line in text.splitlines() if "=" in line
    ]
    names = [(name, value) for name, _, value in pairs if name.startswith("BAY_")]
    assert len(names) > 8
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from edge_agent.settings import Settings as S;"
            "print(S().model_dump_json())",
        ],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            **dict((name, value) for name, value in names),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    shown = json.loads(done.stdout)
    assert shown["pins"] == Settings(data_dir=Path("/x")).pins.model_dump()


def test_an_update_that_does_not_run_is_taken_back(
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    layout = configure(root)
    assert run(root, "install") == 0
    broken = newer(tmp_path, monkeypatch, "0.2.0")
    (broken / "edge_agent/edge_agent/life.py").write_text("raise RuntimeError('bug')\n")
    assert run(root, "install") == 1
    said = capsys.readouterr().err
    assert "it stumbled" in said
    assert "runs again" in said
    assert version(layout) == "0.1.0"
    assert service.answers(layout)
    newer(tmp_path, monkeypatch, "0.2.1")
    assert run(root, "install") == 0
    assert version(layout) == "0.2.1"
    assert service.answers(layout)
    # The broken one is no way back.
    assert run(root, "rollback") == 0
    assert version(layout) == "0.1.0"
    assert service.answers(layout)


def test_only_the_newest_releases_are_kept(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = configure(root)
    (root / "run/systemd/system").rmdir()
    for number in range(5):
        newer(tmp_path, monkeypatch, f"0.3.{number}")
        assert run(root, "install") == 0
    (layout.releases / "0.3.9-half").mkdir()
    release.prune(layout)
    kept = sorted(each.name.partition("-")[0] for each in layout.releases.iterdir())
    assert kept == ["0.3.2", "0.3.3", "0.3.4"]
    assert version(layout) == "0.3.4"


def test_nothing_to_go_back_to(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, "rollback") == 1
    assert "no other release" in capsys.readouterr().err


def test_a_read_only_root_is_opened_and_closed_again(root: Path) -> None:
    (root / "proc/self/mounts").write_text("/dev/root / ext4 ro,noatime 0 0\n")
    (root / "run/systemd/system").rmdir()
    assert run(root, "install", "--no-screen") == 0
    mounts = [line for line in asked(root) if line.startswith("mount")]
    assert mounts == [f"mount -o remount,rw {root}", f"mount -o remount,ro {root}"]
    assert asked(root)[0] == mounts[0]
    assert asked(root)[-1] == mounts[1]


def test_an_overlay_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "proc/self/mounts").write_text("overlay / overlay rw 0 0\n")
    assert run(root, "install") == 1
    assert "disable_overlayfs" in capsys.readouterr().err
    assert not Layout(root).current.exists()


@pytest.mark.parametrize("suite", ["bullseye", ""])
def test_another_system_is_refused(
    root: Path, suite: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "etc/os-release").write_text(f"VERSION_CODENAME={suite}\n")
    assert run(root, "install") == 1
    assert "Raspberry Pi OS 12 or 13" in capsys.readouterr().err
    assert not asked(root)


def test_it_is_removed_and_what_was_recorded_is_kept(root: Path) -> None:
    layout = configure(root)
    assert run(root, "install") == 0
    (layout.data / "outbox.sqlite").touch()
    assert run(root, "uninstall") == 0
    assert not service.answers(layout)
    assert not layout.releases.exists()
    assert not list(layout.units.glob("workbay-*"))
    assert (layout.data / "outbox.sqlite").exists()
    assert layout.settings.exists()
    assert run(root, "uninstall", "--purge") == 0
    assert not layout.data.exists()
    assert not layout.settings.parent.exists()
    assert "passwd workbay" not in (root / "names").read_text()


def test_what_the_system_has_is_neither_fetched_nor_pinned() -> None:
    there = {"numpy": "1.24.2", "opencv-python": "4.6.0", "pillow": "9.4.0"}
    lines = release.constraints(there).splitlines()
    assert "numpy==1.24.2" in lines
    assert "opencv-python==4.6.0" in lines
    names = [line.partition("==")[0].lower() for line in lines]
    assert len(names) == len(set(names))
    assert "paho-mqtt" in names
    assert any(line.startswith("gpiozero==2") for line in lines)  # not there: pinned


def test_pip_is_told_of_debians_opencv(tmp_path: Path) -> None:
    release._declare(tmp_path, {"opencv-python": "4.6.0"})
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import importlib.metadata as m;print(m.version('opencv-python'))",
        ],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "4.6.0"


def test_units_hold_what_systemd_knows() -> None:
    for unit in ("workbay-agent.service", "workbay-kiosk.service"):
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", SHIPPED / unit],
            capture_output=True,
            text=True,
            check=False,
        )
        # The programs and users are a bay's; anything else is a mistake.
        mistakes = [
            line
            for line in done.stderr.splitlines()
            if "is not executable" not in line
            and "Failed to" not in line
            and unit in line
        ]
        assert not mistakes


@pytest.mark.parametrize(
    "script",
    sorted(each.name for each in SHIPPED.iterdir() if each.read_bytes()[:2] == b"#!"),
)
def test_scripts_are_well_formed(script: str) -> None:
    shell = (SHIPPED / script).read_text().splitlines()[0].removeprefix("#!")
    subprocess.run([shell, "-n", SHIPPED / script], check=True)


def test_an_error_is_one_sentence(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _script(root / "bin/apt-get", "echo 'E: no network'; exit 100")
    assert run(root, "install") == 1
    said = capsys.readouterr().err
    assert "E: no network" in said
    assert said.splitlines()[-1].endswith("check the network.")
    assert not Layout(root).current.exists()
