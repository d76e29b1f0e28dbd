"""The measurements start: every bench reads its options."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHES = sorted(
    path.stem
    for path in (Path(__file__).parents[1] / "bench").glob("*.py")
    if not path.stem.startswith("_")
)


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_explains_its_options(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"tests.bench.{name}", "--help"],
        cwd=Path(__file__).parents[2],
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "--json" in done.stdout


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_refuses_what_it_does_not_know(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"tests.bench.{name}", "--no-such-option"],
        cwd=Path(__file__).parents[2],
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "--no-such-option" in done.stderr
