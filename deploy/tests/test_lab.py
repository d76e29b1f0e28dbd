"""What a test cluster may be trusted with after the machine ended under it."""

from pathlib import Path

import pytest

from workbay_deploy import lab as lab_module
from workbay_deploy.lab import Lab
from workbay_deploy.machine import boot_id
from workbay_deploy.odoo_home import OdooHome
from workbay_deploy.paths import Paths
from workbay_deploy.progress import Progress
from workbay_deploy.settings import CHECKOUT


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """One whose server only seems to start: what it finds is what is looked at."""
    monkeypatch.setattr(lab_module.commands, "run", lambda *args, **how: None)
    monkeypatch.setattr(
        lab_module.Cluster, "create", lambda self, log, env: self.data.mkdir()
    )
    monkeypatch.setattr(lab_module, "binary", Path)
    home = OdooHome(script=tmp_path, packages=tmp_path, addons=(), version="19.0")
    made = Lab(installed=Paths(tmp_path, CHECKOUT), odoo=home, user="nobody")
    made.paths.create()
    return made


def _start_with_something_in_it(lab: Lab) -> Path:
    with lab.running({}, Progress()):
        (kept := lab.cluster.data / "kept").touch()
    return kept


def test_what_stopped_orderly_is_kept(lab: Lab) -> None:
    kept = _start_with_something_in_it(lab)
    with lab.running({}, Progress()):
        assert kept.exists()


def test_what_was_killed_under_the_same_boot_is_kept(lab: Lab) -> None:
    kept = _start_with_something_in_it(lab)
    (lab.paths.root / "running-since").write_text(boot_id())
    with lab.running({}, Progress()):
        assert kept.exists()


def test_what_ran_when_the_machine_ended_is_made_anew(lab: Lab) -> None:
    kept = _start_with_something_in_it(lab)
    (lab.paths.root / "running-since").write_text("another boot")
    with lab.running({}, Progress()):
        assert not kept.exists()
        assert lab.cluster.data.is_dir()
