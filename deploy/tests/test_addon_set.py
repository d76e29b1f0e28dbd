"""Which of our addons have to be installed, and when their state has changed."""

from pathlib import Path

import pytest

from workbay_deploy.addon_set import AddonSet


@pytest.fixture
def addons(tmp_path: Path) -> AddonSet:
    for name, depends in {
        "workshop_chain": ["hr"],
        "workshop_vehicle": ["fleet", "workshop_chain"],
        "workshop_order": ["workshop_vehicle"],
        "workshop_audit": ["workshop_chain"],
    }.items():
        (tmp_path / name / "tests").mkdir(parents=True)
        (tmp_path / name / "__manifest__.py").write_text(repr({"depends": depends}))
    return AddonSet(tmp_path)


def test_what_is_outside_is_the_base_of_all(addons) -> None:
    assert addons.outside == ["fleet", "hr"]


def test_an_addon_comes_behind_what_it_needs(addons) -> None:
    assert addons.closure(["workshop_order"]) == [
        "workshop_chain",
        "workshop_vehicle",
        "workshop_order",
    ]
    assert addons.ordered[0] == "workshop_chain"
    assert addons.closure([]) == []


def test_code_counts_and_tests_do_not(addons) -> None:
    before = addons.digest(["workshop_chain"])
    (addons.folder / "workshop_chain/tests/test_x.py").touch()
    assert addons.digest(["workshop_chain"]) == before
    (addons.folder / "workshop_chain/models.py").touch()
    assert addons.digest(["workshop_chain"]) != before
