"""deploy/test --odoo-suites runs Odoo's own tests, with our addons or without."""

import subprocess
import sys
from pathlib import Path

import pytest

from workbay_deploy.errors import SettingsError
from workbay_deploy.odoo_suites import CLASSES_ALONE, read


def test_ours_are_installed_unless_they_are_to_be_left_out() -> None:
    suites = read(["--odoo-suites", "sale,stock", "--", "-x", "-k", "refund"])
    assert suites is not None
    assert suites.names == ("sale", "stock")
    assert suites.with_ours
    assert suites.pytest_arguments == ("-x", "-k", "refund")
    bare = read(["--odoo-suites=sale", "--without-workbay"])
    assert bare is not None
    assert bare.names == ("sale",)
    assert not bare.with_ours


def test_without_the_option_our_own_tests_are_meant() -> None:
    assert read(["addons/workshop_order", "--", "--odoo-suites"]) is None
    assert read([]) is None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--odoo-suites"], "name addons of Odoo"),
        (["--odoo-suites", "--without-workbay"], "name addons of Odoo"),
        (["--without-workbay"], "goes with --odoo-suites"),
        (["--odoo-suites", "sale", "addons/workshop_order"], "does not go with"),
    ],
)
def test_what_makes_no_sense_is_said(arguments: list[str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        read(arguments)


def test_suites_are_found_in_the_installed_odoo(tmp_path: Path) -> None:
    (tmp_path / "core/sale/tests").mkdir(parents=True)
    (tmp_path / "more/stock/tests").mkdir(parents=True)
    folders = [tmp_path / "core", tmp_path / "more"]
    suites = read(["--odoo-suites", "sale,stock"])
    assert suites is not None
    assert suites.paths(folders) == (
        str(tmp_path / "core/sale/tests"),
        str(tmp_path / "more/stock/tests"),
    )
    unknown = read(["--odoo-suites", "sale,planning"])
    assert unknown is not None
    with pytest.raises(SettingsError, match="no addon planning"):
        unknown.paths(folders)


def test_only_classes_are_run_as_odoo_runs_them(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_chart.py").write_text(
        "import unittest\n"
        "def test_get_data(self, code): raise AssertionError\n"
        "class TestChart(unittest.TestCase):\n"
        "    def test_it(self): pass\n"
    )
    done = subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "pytest",
                "-p",
                "no:odoo",
                "-p",
                "no:cacheprovider",
            ),
            *CLASSES_ALONE,
            *("--rootdir", str(tmp_path), str(tmp_path)),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout
    assert "error" not in done.stdout
