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
    """Three mutated chains take minutes: WORKBAY_FAULTS_MUTATIONS=1 asks for them."""
    if os.environ.get("WORKBAY_FAULTS_MUTATIONS"):
        return
    unasked = [item for item in items if item.path.name == "test_mutations.py"]
    if unasked:
        config.hook.pytest_deselected(items=unasked)
        items[:] = [item for item in items if item not in unasked]
