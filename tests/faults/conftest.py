"""What is run only when it is asked for, and how a run says what it did."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.run import Report


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Callable[[Report, Path], None]:
    """Print a report, and keep it: a process among several has no terminal."""

    def show(report: Report, file: Path) -> None:
        text = "\n".join(report.lines())
        file.write_text(f"{text}\n", encoding="utf-8")
        with capsys.disabled():
            print(f"\n{text}")

    return show


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """The mutated runs are asked for by WORKBAY_FAULTS_MUTATIONS=1."""
    if os.environ.get("WORKBAY_FAULTS_MUTATIONS"):
        return
    mutated = Path(__file__).with_name("test_mutations.py")
    left_out = [item for item in items if item.path == mutated]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
