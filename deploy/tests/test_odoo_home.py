"""Any official Odoo 19 will do, and nothing else."""

from pathlib import Path

import pytest

from workbay_deploy import odoo_home
from workbay_deploy.errors import SetupError

RELEASE = "FINAL = 'final'\nversion_info = ({}, 0, FINAL, 0, '')\n"


def checkout(root: Path, version: str) -> Path:
    (root / "odoo" / "addons").mkdir(parents=True)
    (root / "addons").mkdir()
    (root / "odoo-bin").touch()
    (root / "odoo" / "release.py").write_text(RELEASE.format(version))
    return root


def test_a_source_checkout_is_found(tmp_path) -> None:
    home = odoo_home.find(checkout(tmp_path, "19, 0"))
    assert home.script == tmp_path / "odoo-bin"
    assert home.packages == tmp_path
    assert home.addons == (tmp_path / "odoo/addons", tmp_path / "addons")
    assert home.version.startswith("19.0.0.final")


def test_an_unpacked_package_is_found(tmp_path) -> None:
    dist = tmp_path / "usr/lib/python3/dist-packages"
    (dist / "odoo/addons").mkdir(parents=True)
    (dist / "odoo/release.py").write_text(RELEASE.format("19, 0"))
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "usr/bin/odoo").touch()
    home = odoo_home.find(tmp_path)
    assert home.packages == dist
    assert home.addons == (dist / "odoo/addons",)


@pytest.mark.parametrize("version", ["18, 0", "19, 1", "20, 0"])
def test_another_version_is_refused(tmp_path, version) -> None:
    with pytest.raises(SetupError, match=r"Workbay needs 19\.0"):
        odoo_home.find(checkout(tmp_path, version))


def test_a_folder_without_odoo_is_refused(tmp_path) -> None:
    with pytest.raises(SetupError, match="holds no Odoo"):
        odoo_home.find(tmp_path)


def test_a_broken_release_file_is_refused(tmp_path) -> None:
    home = checkout(tmp_path, "19, 0")
    (home / "odoo/release.py").write_text("")
    with pytest.raises(SetupError, match="names no Odoo version"):
        odoo_home.find(home)
