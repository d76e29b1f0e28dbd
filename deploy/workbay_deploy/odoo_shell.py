"""Runs Odoo's command line for a chain."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbay_deploy import commands, odoo_conf
from workbay_deploy.chain import Chain
from workbay_deploy.services import odoo_argv, odoo_command, odoo_env

LANGUAGE = "zh_CN"
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


def load_language(chain: Chain, database: str) -> None:
    """Add Chinese to a finished database.

    Not by --load-language at its creation, which makes it the language of every user.
    """
    commands.run(
        [
            *odoo_command(chain, "i18n"),
            *("loadlang", "-c", odoo_conf.conf_file(chain)),
            *("-d", database, "-l", LANGUAGE),
        ],
        log=chain.installed.log,
        env=odoo_env(chain),
        failure="Odoo could not load the Chinese language: see above.",
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
