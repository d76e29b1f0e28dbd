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
    """What takes minutes and two cores of its own is run when it is asked for.

    The run itself by naming its folder, the mutated ones by WORKBAY_FAULTS_MUTATIONS=1.
    """
    unasked = set()
    if not any("tests/faults" in argument for argument in config.args):
        unasked.add("test_faults.py")
    if not os.environ.get("WORKBAY_FAULTS_MUTATIONS"):
        unasked.add("test_mutations.py")
    left_out = [
        item
        for item in items
        if item.path.parent == Path(__file__).parent and item.path.name in unasked
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
