"""The shim does to a process what the run says, and counts it."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.faults import shim
from tests.faults.control import Control

PROGRAM = textwrap.dedent(
    """
    import os, sys, time
    file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
    try:
        os.write(file, b"whole" * 20)
        os.fsync(file)
        print("written", round(time.time()))
    except OSError as error:
        print(error.strerror)
    """
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shim.build(tmp_path_factory.mktemp("shim"))


@pytest.fixture
def control(tmp_path: Path) -> Control:
    return Control(tmp_path / "control")


def _run(
    library: Path, control: Control, file: Path
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(file)],
        env={
            "LD_PRELOAD": str(library),
            "FAULTS_CONTROL": str(control.file),
            "FAULTS_PATH": str(file),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_untouched_unless_told(library: Path, control: Control, tmp_path: Path) -> None:
    assert _run(library, control, tmp_path / "data").stdout.startswith("written")


def test_an_errno_is_answered(library: Path, control: Control, tmp_path: Path) -> None:
    control.set("errno", code=28)
    done = _run(library, control, tmp_path / "data")
    assert (done.stdout, control.refused) == ("No space left on device\n", 1)


def test_a_write_is_torn(library: Path, control: Control, tmp_path: Path) -> None:
    control.set("torn")
    assert _run(library, control, tmp_path / "data").returncode == -9
    assert ((tmp_path / "data").stat().st_size, control.struck) == (50, 1)


def test_a_sync_is_dropped(library: Path, control: Control, tmp_path: Path) -> None:
    control.set("drop_sync")
    assert _run(library, control, tmp_path / "data").stdout.startswith("written")
    assert control.unsynced == 1


def test_a_clock_is_wrong(library: Path, control: Control, tmp_path: Path) -> None:
    control.clock_offset = -1_000_000_000
    said = _run(library, control, tmp_path / "data").stdout.split()
    assert int(said[1]) < 1_000_000_000
    assert control.misread > 0
