"""Runs Odoo's command line for a chain."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbay_deploy import commands
from workbay_deploy.chain import Chain
from workbay_deploy.services import odoo_argv, odoo_env

QUIET = ("--workers=0", "--max-cron-threads=0", "--no-http")


def server(
    chain: Chain,
    database: str,
    *arguments: str,
    failure: str,
    detail: Callable[[str], None] | None = None,
    log: Path | None = None,
) -> None:
    """`odoo server … --stop-after-init` on one database."""
    commands.run(
        [
            *odoo_argv(chain),
            *QUIET,
            "--stop-after-init",
            f"--database={database}",
            f"--db-filter=^{database}$",
            *arguments,
        ],
        log=log or chain.installed.log,
        env=odoo_env(chain),
        failure=failure,
        detail=detail,
    )


def call(chain: Chain, function: str, arguments: dict[str, Any], failure: str) -> None:
    """Call a function of workbay_deploy.odoo_side in `odoo shell` and commit."""
    script = (
        "import json\n"
        "from workbay_deploy import odoo_side\n"
        f"odoo_side.{function}(env, **json.loads({json.dumps(arguments)!r}))\n"
        "env.cr.commit()\n"
    )
    commands.run(
        [
            *odoo_argv(chain, "shell"),
            *QUIET,
            f"--database={chain.database}",
            f"--db-filter=^{chain.database}$",
        ],
        log=chain.installed.log,
        env=odoo_env(chain),
        stdin=script,
        failure=failure,
    )
