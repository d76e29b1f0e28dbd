"""deploy/test prepares what the given paths need and no more."""

from pathlib import Path

import pytest

from workbay_deploy.errors import SettingsError
from workbay_deploy.selection import select, split


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name in (
        "contract/tests",
        "deploy/tests",
        "addons/workshop_chain/tests",
        "addons/workshop_order",
        "tests/lint",
        "tests/e2e",
        "tests/contract",
    ):
        (tmp_path / name).mkdir(parents=True)
    for name in ("test_code.py", "test_odoo_lint.py"):
        (tmp_path / "tests/lint" / name).touch()
    return tmp_path


def test_nothing_given_means_everything(source) -> None:
    everything = select([], source, source)
    assert everything.paths == ("contract", "deploy", "addons", "tests")
    assert everything.addons is None
    assert everything.odoo
    assert select(["."], source, source) == everything


def test_a_package_needs_no_database(source) -> None:
    assert select(["contract"], source, source).addons == ()
    assert not select(["contract/tests", "tests/contract"], source, source).odoo


def test_an_addon_needs_itself_installed(source) -> None:
    chosen = select(["addons/workshop_chain/tests"], source, source)
    assert chosen.addons == ("workshop_chain",)
    assert chosen.odoo


def test_a_chain_needs_every_addon_but_no_registry(source) -> None:
    chosen = select(["tests/e2e"], source, source)
    assert chosen.addons is None
    assert not chosen.odoo


def test_of_the_lints_only_odoos_need_odoo(source) -> None:
    assert select(["tests/lint/test_code.py"], source, source).addons == ()
    chosen = select(["tests/lint/test_odoo_lint.py"], source, source)
    assert chosen.odoo
    assert chosen.addons is None


def test_paths_are_taken_from_where_the_person_stands(source) -> None:
    chosen = select(["tests::test_x"], source, source / "contract")
    assert chosen.paths == ("tests::test_x",)
    chosen = select(["../deploy"], source, source / "contract")
    assert chosen.paths == ("deploy",)


def test_every_path_that_is_not_there_is_named(source) -> None:
    with pytest.raises(SettingsError) as caught:
        select(["absent", "contract", "/etc"], source, source)
    assert len(caught.value.mistakes) == 2


def test_what_follows_two_dashes_is_for_pytest() -> None:
    assert split(["contract", "--", "-k", "seal"]) == (["contract"], ["-k", "seal"])
    assert split(["contract"]) == (["contract"], [])
