"""What a confined program may still do, tried with a real one on a real kernel."""

import subprocess
import sys
from pathlib import Path

import pytest

from workbay_deploy import confinement

TRY = """
import pathlib, sys
root = pathlib.Path(sys.argv[1])
def tried(name, work):
    try:
        work()
        print(name)
    except OSError as error:
        assert error.errno in (2, 13, 18), error  # none, denied, another device
tried("own secret", (root / "vault/own/key").read_bytes)
tried("other's secret", (root / "vault/other/key").read_bytes)
tried("new secret", (root / "vault/later/key").read_bytes)
tried("code", (root / "code/program").read_bytes)
tried("change code", lambda: (root / "code/program").write_text("mine"))
tried("remove code", (root / "code/program").unlink)
tried("empty a secret", lambda: open(root / "vault/other/key", "w"))
tried("write", lambda: (root / "state/file").write_text("mine"))
tried("move", lambda: (root / "state/file").rename(root / "state/below/file"))
tried("move away", lambda: (root / "vault/other/key").rename(root / "state/key"))
tried("link", lambda: (root / "state/link").hardlink_to(root / "vault/other/key"))
tried("go around", (root / "way/other/key").read_bytes)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("vault/own/key", "vault/other/key", "code/program"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    (tmp_path / "state" / "below").mkdir(parents=True)
    (tmp_path / "way").symlink_to(tmp_path / "vault")
    return tmp_path


def _tried(root: Path, *options: str) -> set[str]:
    done = subprocess.run(
        [
            *(sys.executable, "-I", "-S", confinement.__file__, *options, "--"),
            *(sys.executable, "-c", TRY, str(root)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines())


def test_a_confined_program_keeps_to_its_own(root: Path) -> None:
    options = (
        f"--hides={root / 'vault'}",
        f"--reads={root / 'vault/own'}",
        f"--writes={root / 'state'}",
    )
    (root / "vault" / "later").mkdir()
    (root / "vault" / "later" / "key").write_text("later")
    assert _tried(root, *options) == {"own secret", "code", "write", "move"}
    assert (root / "code" / "program").read_text() == "code/program"


def test_what_is_not_there_is_passed_over(root: Path) -> None:
    options = (
        f"--hides={root / 'vault'}",
        f"--hides={root / 'no/such'}",
        f"--reads={root / 'neither'}",
        f"--writes={root / 'state'}",
        f"--writes={root / 'nor this'}",
    )
    assert _tried(root, *options) == {"code", "write", "move"}


def test_where_the_kernel_cannot_the_program_runs_and_it_is_said(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[object] = []
    monkeypatch.setattr(confinement, "version", lambda: 0)
    monkeypatch.setattr(confinement.os, "execv", lambda *call: started.append(call))
    confinement.main([f"--hides={root}", "--", "/bin/true", "-x"])
    assert started == [("/bin/true", ["/bin/true", "-x"])]
    assert "no Landlock" in capsys.readouterr().err
