"""A process ends at a named step only where its environment asks for that."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from workbay_contract import steps

PASS = "from workbay_contract import steps; steps.reached('a.b'); print('went on')"


def _run(**environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", PASS],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_happens_unless_it_is_asked_for(tmp_path: Path) -> None:
    order = tmp_path / "steps"
    assert _run().stdout == "went on\n"
    assert _run(WORKBAY_STEPS=str(order)).stdout == "went on\n"
    order.write_text("a.c kill")
    assert _run(WORKBAY_STEPS=str(order)).stdout == "went on\n"
    assert order.exists()


def test_the_process_that_reaches_the_step_ends_once(tmp_path: Path) -> None:
    order = tmp_path / "steps"
    order.write_text("a.b kill")
    ended = _run(WORKBAY_STEPS=str(order))
    assert (ended.returncode, ended.stdout) == (-signal.SIGKILL, "")
    assert order.with_suffix(".reached").exists()
    assert _run(WORKBAY_STEPS=str(order)).stdout == "went on\n"


def test_a_number_lets_it_stand_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = tmp_path / "steps"
    order.write_text("a.b 0.25")
    monkeypatch.setenv(steps.VARIABLE, str(order))
    slept: list[float] = []
    monkeypatch.setattr(steps.time, "sleep", slept.append)
    steps.reached("a.b")
    assert slept == [0.25]
