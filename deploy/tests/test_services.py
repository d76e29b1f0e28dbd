"""How services are started: as one place says it, without secrets on command lines."""

import dataclasses
from pathlib import Path

import pytest

from workbay_deploy import odoo_conf, services
from workbay_deploy.chain import Chain, demo_chain
from workbay_deploy.odoo_home import OdooHome
from workbay_deploy.paths import Paths
from workbay_deploy.settings import CHECKOUT, Settings
from workbay_deploy.supervision import Supervisor


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    home = OdooHome(
        script=tmp_path / "odoo-bin",
        packages=tmp_path / "odoo",
        addons=(tmp_path / "odoo/addons",),
        version="19.0",
    )
    made = demo_chain(
        Settings.load({"--http-port": "9069"}, {}), Paths(tmp_path, CHECKOUT), home
    )
    made.paths.create()
    return made


def test_a_changed_configuration_asks_for_a_restart(chain) -> None:
    odoo_conf.configure(chain)
    before = services.odoo(chain).fingerprint
    assert services.odoo(chain).fingerprint == before
    with odoo_conf.conf_file(chain).open("a") as stream:
        stream.write("# another\n")
    assert services.odoo(chain).fingerprint != before


def test_odoos_configuration_keeps_its_drawn_password(chain) -> None:
    odoo_conf.configure(chain)
    first = odoo_conf.conf_file(chain).read_text()
    odoo_conf.configure(chain)
    assert odoo_conf.conf_file(chain).read_text() == first
    assert "$pbkdf2-sha512$" in first
    assert "list_db = False" in first
    assert odoo_conf.conf_file(chain).stat().st_mode & 0o077 == 0


def test_the_committed_configuration_holds_no_secret() -> None:
    text = (CHECKOUT / "odoo.conf").read_text()
    for line in text.splitlines():
        assert not line.startswith(("admin_passwd", "db_password", "addons_path"))


def test_the_supervisors_file_is_the_owners_alone(chain) -> None:
    Supervisor(chain.installed, chain.paths).configure(services.all_services(chain))
    conf = chain.paths.etc / "supervisord.conf"
    assert conf.stat().st_mode & 0o077 == 0
    names = [service.name for service in services.all_services(chain)]
    assert {"postgres", "odoo", "odoo-cron", "bridge", "bay-2"} <= set(names)
    assert all(f"[program:{name}]" in conf.read_text() for name in names)


def test_what_follows_from_events_gives_way_to_them(chain) -> None:
    answering, jobs = services.odoo(chain), services.odoo_cron(chain)
    assert "--max-cron-threads=0" in answering.argv
    assert jobs.argv[-2:] == ("--no-http", "--workers=1")


@pytest.mark.parametrize(("workers", "calls"), [(1, "1"), (2, "2"), (3, "2"), (5, "4")])
def test_events_leave_a_worker_to_boards_and_desks(
    chain, workers: int, calls: str
) -> None:
    chain = dataclasses.replace(chain, workers=workers)
    assert services.bridge_settings(chain)["calls"] == calls


def test_folders_of_secrets_and_sockets_are_closed_to_others(chain) -> None:
    for folder in (chain.paths.secrets, chain.paths.run, chain.paths.etc):
        assert folder.stat().st_mode & 0o077 == 0
