"""An interrupted or broken download leaves nothing that looks finished."""

import io
import subprocess
from pathlib import Path

import pytest

from workbay_deploy import odoo_download
from workbay_deploy.errors import SetupError
from workbay_deploy.paths import Paths
from workbay_deploy.progress import Progress

ENV = {"PATH": "/usr/bin:/bin"}


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "runtime", tmp_path)


def quiet() -> Progress:
    return Progress(io.StringIO())


def package(folder: Path, *, link_to: str) -> Path:
    """A real .deb that holds one link."""
    tree = folder / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(
        "Package: thing\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.com>\n"
        "Description: x\n"
    )
    (tree / "usr").mkdir()
    (tree / "usr/there").touch()
    (tree / "usr/link").symlink_to(link_to)
    target = folder / "thing_1_all.deb"
    subprocess.run(["dpkg-deb", "-b", tree, target], check=True, capture_output=True)
    return target


def test_no_mirror_is_said_in_a_sentence_and_leaves_nothing(paths) -> None:
    with pytest.raises(SetupError, match="could not be fetched from file:///nowhere"):
        odoo_download.ensure(paths, "file:///nowhere", ENV, quiet())
    assert not paths.odoo.exists()
    assert not (paths.downloads / "odoo-19").exists()


def test_a_broken_package_is_fetched_anew_next_time(paths) -> None:
    packages = paths.downloads / "odoo-19"
    packages.mkdir(parents=True)
    (packages / "odoo-19.deb").write_bytes(b"half a download")
    with pytest.raises(SetupError, match="is broken or the disk full"):
        odoo_download.ensure(paths, "file:///nowhere", ENV, quiet())
    assert not paths.odoo.exists()
    assert not packages.exists()


def test_a_package_with_links_into_the_void_is_refused(paths, tmp_path) -> None:
    packages = paths.downloads / "odoo-19"
    packages.mkdir(parents=True)
    package(tmp_path, link_to="absent").rename(packages / "thing.deb")
    with pytest.raises(SetupError, match="lacks files"):
        odoo_download.ensure(paths, "file:///nowhere", ENV, quiet())
    assert not paths.odoo.exists()


def test_what_was_downloaded_is_unpacked_without_network(paths, tmp_path) -> None:
    packages = paths.downloads / "odoo-19"
    packages.mkdir(parents=True)
    package(tmp_path, link_to="there").rename(packages / "thing.deb")
    # Left by an interrupted run.
    (paths.runtime / "odoo.partial" / "rest").mkdir(parents=True)
    home = odoo_download.ensure(paths, "file:///nowhere", ENV, quiet())
    assert (home / "usr/link").resolve() == home / "usr/there"
    assert not (home / "rest").exists()
    assert odoo_download.ensure(paths, "file:///nowhere", ENV, quiet()) == home
