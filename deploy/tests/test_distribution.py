"""Of Debian's packages numpy and OpenCV alone come before the pinned ones."""

import subprocess
import sys
from pathlib import Path

import pytest

from workbay_deploy import distribution
from workbay_deploy.errors import SetupError
from workbay_deploy.paths import Paths


def package(folder: Path) -> Path:
    """A real .deb with a module of each kind, and a library in a folder of its own."""
    tree = folder / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(
        "Package: thing\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.com>\n"
        "Description: x\n"
    )
    modules = tree / "usr/lib/python3/dist-packages"
    for name in ("numpy", "six"):
        (modules / name).mkdir(parents=True)
        (modules / name / "__init__.py").write_text("__version__ = 'debian'\n")
    (modules / "cv2.py").write_text("__version__ = 'debian'\n")
    (tree / "usr/lib/blas").mkdir()
    (tree / "usr/lib/blas/libblas.so.3").touch()
    target = folder / "thing_1_all.deb"
    subprocess.run(["dpkg-deb", "-b", tree, target], check=True, capture_output=True)
    return target


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    packages = tmp_path / "runtime/downloads/distribution"
    packages.mkdir(parents=True)
    package(tmp_path).rename(packages / "thing_1_all.deb")
    # Everything is there: neither a mirror nor progress is asked for.
    return distribution.ensure(paths(tmp_path), "file:///nowhere", {}, _Quiet())


class _Quiet:
    def step(self, _: str) -> "_Quiet":
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


def paths(folder: Path) -> Paths:
    """Whose Python is this one."""
    made = Paths(folder / "runtime", folder)
    made.python.parent.mkdir(parents=True, exist_ok=True)
    if not made.python.exists():
        made.python.symlink_to(sys.executable)
    return made


def test_only_numpy_and_opencv_come_first(env: dict[str, str]) -> None:
    first = Path(env["PYTHONPATH"])
    assert {each.name for each in first.iterdir()} == {"numpy", "cv2.py"}
    assert env["LD_LIBRARY_PATH"].endswith("usr/lib/blas")


def test_what_is_found_is_said(env: dict[str, str], tmp_path: Path) -> None:
    said = distribution.versions(paths(tmp_path), env)
    assert said == "numpy debian, OpenCV debian"


def test_others_are_refused(env: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be loaded here"):
        distribution.versions(paths(tmp_path), {"PYTHONPATH": str(tmp_path)})
