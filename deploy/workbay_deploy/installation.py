"""What every command needs before it can start: Odoo, packages, folders."""

import os
from collections.abc import Mapping

from workbay_deploy import odoo_download, odoo_home, venv
from workbay_deploy.identity import environment
from workbay_deploy.odoo_home import OdooHome
from workbay_deploy.paths import Paths
from workbay_deploy.progress import Progress
from workbay_deploy.settings import Settings


def ensure(
    settings: Settings, paths: Paths, env: Mapping[str, str], progress: Progress
) -> OdooHome:
    """Idempotent; without network once everything is there."""
    for folder in (paths.downloads, paths.logs, paths.home, paths.cache):
        folder.mkdir(parents=True, exist_ok=True)
    if settings.odoo_home is not None:
        home = odoo_home.find(settings.odoo_home)
    else:
        unpacked = odoo_download.ensure(paths, settings.mirror, env, progress)
        home = odoo_home.find(unpacked)
    venv.ensure(paths, env, progress)
    return home


def setup_env(settings: Settings, paths: Paths) -> dict[str, str]:
    """For the set-up's own commands; keeps the caller's proxies and mirrors."""
    return environment(
        settings.user,
        paths.home,
        os.environ,
        PYTHONPYCACHEPREFIX=str(paths.cache / "pycache"),
    )
