"""Each thing that a bay needs is broken for real, and the doctor says so, alone."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import cv2
import gpiozero
import numpy as np
import pytest
from gpiozero.pins.mock import MockFactory, MockPin

from edge_agent.doctor import CHECKS, Finding, care, examine, senses, software
from edge_agent.doctor.words import WORDS
from edge_agent.identity import Identity
from edge_agent.panel.gpio import GpioPanel, Pins
from edge_agent.settings import Settings

from . import printed

Make = Callable[..., Settings]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """The settings of a bay whose camera shows a folder of pictures."""

    def made(*pictures: np.ndarray, **values: object) -> Settings:
        folder = tmp_path / "pictures"
        folder.mkdir(exist_ok=True)
        for number, picture in enumerate(pictures):
            assert cv2.imwrite(str(folder / f"{number}.png"), picture)
        data = tmp_path / "data"
        data.mkdir(exist_ok=True)
        given = {"data_dir": data, "camera": "folder", "camera_folder": folder}
        return Settings(**{**given, **values})  # type: ignore[arg-type]

    return made


def grey(value: int, size: tuple[int, int] = (720, 1280)) -> np.ndarray:
    picture = np.full((*size, 3), value, np.uint8)
    picture[100:300, 100:300] = min(255, value + 30)
    return picture


def codes(found: object) -> list[tuple[str, str]]:
    assert isinstance(found, list | tuple)
    return [(each.level, each.code) for each in found]


def test_each_finding_has_words_in_both_languages_with_the_same_blanks() -> None:
    for code, texts in WORDS.items():
        assert set(texts) == {"en", "zh"}, code
        blanks = [
            {name for _, name, _, _ in Formatter().parse(text) if name}
            for text in texts.values()
        ]
        assert blanks[0] == blanks[1], code


def test_a_broken_check_hides_no_other(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> list[Finding]:
        raise RuntimeError("driver bug")

    monkeypatch.setitem(CHECKS, "camera", broken)
    found = list(examine(make(grey(128))))
    assert {each.check for each in found} >= set(CHECKS)
    [camera] = [each for each in found if each.check == "camera"]
    assert (camera.level, camera.code) == ("fail", "unexpected")
    assert "driver bug" in camera.text("en")


# Libraries and codes


def test_libraries_are_listed_and_read_the_test_code(make: Make) -> None:
    [found] = software.libraries(make(), None)
    assert found.level == "ok"
    assert np.__version__ in found.text("en")
    assert cv2.__version__ in found.text("zh")
    assert codes(software.reader(make(), None)) == [("ok", "codes")]


def test_a_library_without_its_c_library_is_named(make: Make, tmp_path: Path) -> None:
    """As pyzbar says it where Debian's libzbar0 is missing."""
    broken = tmp_path / "path" / "pyzbar"
    broken.mkdir(parents=True)
    (broken / "__init__.py").touch()
    (broken / "pyzbar.py").write_text("raise ImportError('Unable to find zbar')")
    code, found = doctor(make(grey(128)), PYTHONPATH=str(broken.parent))
    assert code == 1
    assert ("software", "library_missing") in found
    assert ("codes", "unexpected") in found
    assert ("camera", "camera") in found


# Videos


def test_a_video_is_made(make: Make) -> None:
    assert codes(software.videos(make(), None)) == [("ok", "video")]


def test_programs_that_videos_want_are_named(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    [found] = software.videos(make(), None)
    assert (found.level, found.code) == ("warn", "video_missing")
    assert "ffmpeg" in found.text("en")
    assert "apt install ffmpeg" in found.text("zh")


def test_an_ffmpeg_that_makes_nothing_is_said(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "bin" / "ffmpeg"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho Unknown encoder libx264 >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{broken.parent}:{os.environ['PATH']}")
    [found] = software.videos(make(), None)
    assert (found.level, found.code) == ("warn", "video_broken")
    assert "libx264" in found.text("en")


# Camera


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        pytest.param([grey(128)], ("ok", "camera"), id="a bay"),
        pytest.param([], ("fail", "camera_none"), id="nothing"),
        pytest.param([grey(0) * 0], ("fail", "camera_black"), id="a cap"),
        pytest.param([grey(20)], ("warn", "camera_dim"), id="night"),
        pytest.param([grey(99, (480, 640))], ("warn", "camera_small"), id="small"),
    ],
)
def test_the_camera_is_judged_by_what_it_sees(
    make: Make, pictures: list[np.ndarray], expected: tuple[str, str]
) -> None:
    assert codes(senses.camera(make(*pictures), None)) == [expected]


def test_a_camera_that_is_not_there(make: Make) -> None:
    lost = make(camera="v4l2", camera_device="/dev/video-of-nobody")
    assert codes(senses.camera(lost, None)) == [("fail", "camera_none")]
    assert codes(senses.camera(make(camera="virtual"), None)) == [
        ("warn", "camera_virtual")
    ]


def held(text: str) -> np.ndarray:
    picture = grey(128)
    code = printed.qr(text, 30, 12)
    picture[200 : 200 + len(code), 500 : 500 + len(code)] = code
    return picture


def test_a_code_that_is_held_up_is_read(make: Make) -> None:
    sheet = make(held(printed.text("order")))
    assert codes(senses.shown(sheet, None, 5)) == [("ok", "shown")]


def test_nobody_holds_a_code_of_ours_up(make: Make) -> None:
    assert codes(senses.shown(make(grey(128)), None, 0.5)) == [("fail", "shown_none")]
    foreign = make(held("https://elsewhere.example/"))
    assert codes(senses.shown(foreign, None, 5)) == [("warn", "shown_foreign")]


# Panel, on gpiozero's own mock pins


class Grounded(MockPin):
    """A pin that something holds at ground, whatever pulls at it."""

    def _get_state(self) -> bool:
        return False


@pytest.fixture
def pins(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockFactory]:
    factory = MockFactory()
    monkeypatch.setattr(gpiozero.Device, "pin_factory", factory)
    monkeypatch.setattr("edge_agent.panel.gpio.SEEN_SECONDS", 0)
    yield factory
    factory.reset()


def test_a_panel_in_order(make: Make, pins: MockFactory) -> None:
    assert codes(senses.panel(make(panel="gpio"), None)) == [("ok", "panel")]
    assert codes(senses.panel(make(), None)) == [("ok", "panel_none")]


def test_a_button_that_sticks_and_a_lamp_that_is_shorted(
    make: Make, pins: MockFactory
) -> None:
    pins.pin(Pins().pause, pin_class=Grounded)
    pins.pin(Pins().amber, pin_class=Grounded)
    stuck, dead = senses.panel(make(panel="gpio"), None)
    assert (stuck.code, stuck.params) == ("panel_pressed", {"button": "pause"})
    assert (dead.code, dead.params) == ("panel_lamp", {"lamp": "amber"})


def test_pins_that_somebody_else_has(make: Make, pins: MockFactory) -> None:
    other = GpioPanel()
    assert codes(senses.panel(make(panel="gpio"), None)) == [("fail", "panel_pins")]
    other.close()


def test_a_machine_without_pins(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpiozero.Device, "pin_factory", None)
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "lgpio")
    assert codes(senses.panel(make(panel="gpio"), None)) == [("fail", "panel_pins")]


# Disk and media


def test_a_disk_in_order(make: Make) -> None:
    assert codes(care.disk(make(disk_reserve_mb=0), None)) == [("ok", "disk")]
    assert codes(care.media(make(), None)) == [("ok", "media_none")]


def test_photos_that_nearly_fill_their_budget(make: Make) -> None:
    settings = make(media_budget_mb=16)
    folder = settings.data_dir / "media"
    folder.mkdir()
    assert codes(care.media(settings, None)) == [("ok", "media")]
    with (folder / "photo").open("wb") as file:
        file.truncate(15 << 20)
    assert codes(care.media(settings, None)) == [("warn", "media_full")]


def test_a_card_that_is_worn_out(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fsync

    def slow(descriptor: int) -> None:
        real(descriptor)
        time.sleep(0.12)

    monkeypatch.setattr(os, "fsync", slow)
    assert codes(care.disk(make(), None)) == [("warn", "disk_slow")]


def test_less_room_than_photos_leave(make: Make) -> None:
    free = shutil.disk_usage(make().data_dir).free // care.MEGABYTE
    low = make(disk_reserve_mb=free + 1000)
    assert codes(care.disk(low, None)) == [("warn", "disk_low")]


@pytest.mark.parametrize(
    ("mount", "expected"),
    [
        pytest.param("size=64k", ("disk", "disk_full"), id="full"),
        pytest.param("size=80m,ro", ("disk", "disk_read_only"), id="read-only"),
        pytest.param("size=20m", ("disk", "disk_full"), id="nearly full"),
    ],
)
def test_a_disk_that_takes_nothing(
    make: Make, mount: str, expected: tuple[str, str]
) -> None:
    """A real file system in a mount namespace of its own."""
    settings = make(grey(128))
    before = f"mount -t tmpfs -o {mount} none {settings.data_dir}"
    if "64k" in mount:
        before += f" && (cat /dev/zero > {settings.data_dir}/full || true) 2>/dev/null"
    code, found = doctor(settings, before=before)
    assert code == 1
    assert expected in found
    assert ("camera", "camera") in found


def test_a_folder_of_somebody_else(make: Make) -> None:
    settings = make(grey(128))
    settings.data_dir.chmod(0o500)
    drop = "setpriv --bounding-set -all --inh-caps -all"
    try:
        code, found = doctor(settings, runner=drop)
    finally:
        settings.data_dir.chmod(0o700)
    assert code == 1
    assert ("disk", "disk_denied") in found


# The command


def doctor(
    settings: Settings, *, before: str = "", runner: str = "", **env: str
) -> tuple[int, set[tuple[str, str]]]:
    """The command as a process; with ``before``, in a mount namespace.

    :return: its exit code, and check and code of what it found.
    """
    path = os.pathsep.join(filter(None, [env.pop("PYTHONPATH", ""), *sys.path]))
    script = f"{runner} {sys.executable} -m edge_agent doctor --json"
    arguments = ["bash", "-c", f"{before}{' && ' if before else ''}exec {script}"]
    if before:
        arguments = ["unshare", "--user", "--map-root-user", "--mount", *arguments]
    done = subprocess.run(
        arguments,
        env={
            **os.environ,
            "PYTHONPATH": path,
            "BAY_DATA_DIR": str(settings.data_dir),
            "BAY_CAMERA": settings.camera,
            "BAY_CAMERA_FOLDER": str(settings.camera_folder),
            "BAY_KIOSK_PORT": str(settings.kiosk_port),
            **env,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert all(each["en"] and each["zh"] for each in found)
    return done.returncode, {(each["check"], each["code"]) for each in found}


def test_lines_say_level_and_check_in_both_languages(
    make: Make, device: Identity
) -> None:
    path = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, "-m", "edge_agent", "doctor", "--data", str(device.folder)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1  # its broker is nowhere
    lines = done.stdout.splitlines()
    assert any(line.startswith("ok   disk ") for line in lines)
    refused = next(i for i, line in enumerate(lines) if "no broker listens" in line)
    assert lines[refused].startswith("fail broker ")
    assert "消息服务未运行" in lines[refused + 1]


def test_the_command_ends_when_told(make: Make) -> None:
    """It waits for a code; a person who has seen enough stops it."""
    settings = make(grey(128))
    path = os.pathsep.join(filter(None, sys.path))
    running = subprocess.Popen(
        [sys.executable, "-m", "edge_agent", "doctor", "--hold", "600"],
        env={
            **os.environ,
            "PYTHONPATH": path,
            "BAY_DATA_DIR": str(settings.data_dir),
            "BAY_CAMERA": "folder",
            "BAY_CAMERA_FOLDER": str(settings.camera_folder),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert running.stdout is not None
    while "camera" not in running.stdout.readline():
        assert running.poll() is None
    begun = datetime.now(UTC)
    running.send_signal(signal.SIGINT)
    running.wait(timeout=10)
    assert (datetime.now(UTC) - begun).total_seconds() < 5
