"""A run of everything is shared by processes without starting a chain twice."""

from pathlib import Path

import pytest

from tests.support.shares import share
from workbay_deploy.lab import OF_A_PROCESS
from workbay_deploy.paths import Paths
from workbay_deploy.selection import Selection
from workbay_deploy.testing import ALONE, combined, pytest_argv


def test_whatever_uses_a_chain_stays_in_one_process() -> None:
    assert share("tests/e2e/test_story.py::test_x") == "chain"
    assert share("tests/browser/test_office.py::test_x") == "chain"


def test_a_file_is_not_torn_apart() -> None:
    name = "addons/workshop_order/tests/test_x.py"
    assert share(f"{name}::TestX::test_one") == share(f"{name}::TestY::test_two")


@pytest.mark.parametrize(("shared", "expected"), [(True, True), (False, False)])
def test_only_a_run_of_everything_is_shared(shared: bool, expected: bool) -> None:
    selection = Selection(paths=("contract",), addons=(), odoo=False)
    command = pytest_argv(
        Paths(Path("/runtime"), Path("/source")), selection, ["-x"], shared=shared
    )
    assert ("-n" in command) is expected
    assert command.index("-x") > command.index("pytest")


def test_the_fault_run_is_kept_for_the_end_of_a_shared_run() -> None:
    everything = Selection(paths=("tests",), addons=None, odoo=True)
    left_out = f"--deselect={ALONE}"
    for shared in (True, False):
        command = pytest_argv(
            Paths(Path("/runtime"), Path("/source")), everything, [], shared=shared
        )
        assert (left_out in command) is shared
    assert (Path(__file__).parents[2] / ALONE).is_file()


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [(0, 0, 0), (1, 0, 1), (0, 1, 1), (1, 5, 1), (0, 5, 0), (5, 0, 0), (5, 5, 5)],
)
def test_two_runs_pass_only_together(first: int, second: int, both: int) -> None:
    assert combined(first, second) == both


def test_databases_of_shared_runs_are_swept_up_too() -> None:
    assert OF_A_PROCESS.fullmatch("run_12-gw0")[1] == "12"
    assert not OF_A_PROCESS.fullmatch("run_12-mine")
