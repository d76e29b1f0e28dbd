"""What Odoo has to be told and asked before services and bays can start.

Starting Odoo's shell takes seconds, so what is due is done by one call of it.
"""

import hashlib
import json
import secrets
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbay_deploy import commands, odoo_shell
from workbay_deploy.chain import Chain
from workbay_deploy.odoo_side import SERVICES
from workbay_deploy.progress import Progress

# Odoo lets keys end; a set-up that is run again renews them long before.
RENEW_KEYS_AFTER = 30 * 24 * 3600


def ensure(chain: Chain, env: Mapping[str, str], progress: Progress) -> None:
    """Addresses, API keys, requests of the bays, demo logins: whatever is due."""
    due: dict[str, Any] = {}
    if addresses(chain) != _recorded_addresses(chain):
        due["addresses"] = addresses(chain)
    if keys := _due_keys(chain):
        due["keys"] = keys
    if bays := _due_bays(chain):
        due["bays"] = bays
    if not chain.logins.is_file():
        due["logins"] = {
            "password": secrets.token_urlsafe(9),
            "file": str(chain.logins),
        }
    if not due:
        return
    with progress.step("Introducing services, bays and people to Odoo"):
        for folder in due.get("bays", ()):
            commands.run(
                [
                    chain.installed.python,
                    "-m",
                    "edge_agent",
                    "keygen",
                    "--data",
                    folder,
                ],
                log=chain.installed.log,
                env=env,
                failure="A virtual bay could not make its key: see above.",
            )
        odoo_shell.call(
            chain,
            "provision",
            due,
            failure="Odoo refused what the set-up asked of it: see above.",
        )
    _addresses_file(chain).write_text(json.dumps(addresses(chain)), encoding="utf-8")


def addresses(chain: Chain) -> dict[str, str]:
    """Odoo's system parameters that say where things are."""
    return {
        "web.base.url": chain.odoo_url,
        "web.base.url.freeze": "True",
        "workbay.brokers": json.dumps(chain.brokers),
        "workbay.media_url": chain.media_url,
        "workbay.ca_sha256": ca_fingerprint(chain),
    }


def ca_fingerprint(chain: Chain) -> str:
    """By what a unit that is enrolled knows our servers: SHA-256 of the CA in DER."""
    pem = (chain.paths.secrets / "broker" / "ca.crt").read_text(encoding="ascii")
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def _recorded_addresses(chain: Chain) -> dict[str, str]:
    file = _addresses_file(chain)
    if not file.is_file():
        return {}
    recorded: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return recorded


def _addresses_file(chain: Chain) -> Path:
    return chain.paths.root / "addresses.json"


def _due_keys(chain: Chain) -> dict[str, str]:
    oldest = time.time() - RENEW_KEYS_AFTER
    files = {service: chain.api_key(service) for service in SERVICES}
    return {
        service: str(file)
        for service, file in files.items()
        if not file.is_file() or file.stat().st_mtime < oldest
    }


def _due_bays(chain: Chain) -> list[str]:
    folders = chain.bay_folders
    if all((folder / "request.json").is_file() for folder in folders):
        return []
    # All of them: the same request asked again changes nothing.
    return [str(folder) for folder in folders]
