"""The demo's database: made once, brought up to date when addons change."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from workbay_deploy import odoo_shell, source_tree
from workbay_deploy.addon_set import AddonSet
from workbay_deploy.chain import Chain, own_addons
from workbay_deploy.progress import Progress
from workbay_deploy.supervision import Supervisor

LOADING = re.compile(r"Loading module (\S+) \((\d+)/(\d+)\)")


def ensure(chain: Chain, supervisor: Supervisor, progress: Progress) -> None:
    """Create the database, or update the addons that changed since."""
    names = own_addons(chain.installed.source)
    digests = {name: _digest(chain, name) for name in names}
    if chain.database not in chain.cluster.databases():
        _create(chain, names, progress)
    else:
        before = _recorded(chain)
        changed = [name for name in names if before.get(name) != digests[name]]
        if not changed:
            return
        # Two Odoos must not change the tables of one database.
        for name in ("odoo-cron", "odoo"):
            supervisor.stop(name)
        with progress.step(f"Updating {', '.join(changed)}"):
            _update(chain, [n for n in changed if n in before], changed, progress)
    _record_file(chain).write_text(json.dumps(digests), encoding="utf-8")


def _create(chain: Chain, names: list[str], progress: Progress) -> None:
    """First Odoo's own apps, kept until all is done: the next run goes on from them."""
    apps = f"{chain.database}_apps"
    partial = f"{chain.database}_partial"
    outside = AddonSet(chain.installed.source / "addons").outside or ["base"]
    if apps not in chain.cluster.databases():
        with progress.step("Installing Odoo's apps"):
            _drop(chain, partial)
            _install(chain, partial, outside, progress)
            odoo_shell.load_language(chain, partial)
            _rename(chain, partial, apps)
    with progress.step("Installing Workbay's addons and the demo chain"):
        _drop(chain, partial)
        chain.cluster.copy(apps, partial)
        filestore = chain.paths.data / "filestore"
        if (filestore / apps).is_dir():
            shutil.copytree(filestore / apps, filestore / partial)
        if names:
            _install(chain, partial, names, progress)
        _rename(chain, partial, chain.database)
        _drop(chain, apps)


def _install(chain: Chain, database: str, names: list[str], progress: Progress) -> None:
    odoo_shell.server(
        chain,
        database,
        f"--init={','.join(names)}",
        failure="Odoo could not install its apps: see above.",
        detail=loading_detail(progress),
    )


def _rename(chain: Chain, old: str, new: str) -> None:
    filestore = chain.paths.data / "filestore"
    shutil.rmtree(filestore / new, ignore_errors=True)
    if (filestore / old).is_dir():
        (filestore / old).rename(filestore / new)
    chain.cluster.rename(old, new)


def _drop(chain: Chain, database: str) -> None:
    chain.cluster.drop(database)
    shutil.rmtree(chain.paths.data / "filestore" / database, ignore_errors=True)


def _update(
    chain: Chain, known: list[str], changed: list[str], progress: Progress
) -> None:
    new = [name for name in changed if name not in known]
    odoo_shell.server(
        chain,
        chain.database,
        *([f"--update={','.join(known)}"] if known else []),
        *([f"--init={','.join(new)}"] if new else []),
        "--i18n-overwrite",
        failure="Odoo could not update our addons; the database is as it was: see "
        "above, or start over by --fresh.",
        detail=loading_detail(progress),
    )


def loading_detail(progress: Progress) -> Callable[[str], None]:
    """Shows which of how many modules is being installed."""

    def show(line: str) -> None:
        if found := LOADING.search(line):
            progress.detail(f"{found[2]}/{found[3]} {found[1]}")

    return show


def _digest(chain: Chain, name: str) -> str:
    return source_tree.digest([chain.installed.source / "addons" / name])


def _recorded(chain: Chain) -> dict[str, str]:
    file = _record_file(chain)
    if not file.is_file():
        return {}
    recorded: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return recorded


def _record_file(chain: Chain) -> Path:
    return chain.paths.root / "installed-addons.json"
