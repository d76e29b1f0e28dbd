"""Odoo's configuration: the committed template with this chain's values filled in."""

import base64
import configparser
import hashlib
import secrets
from pathlib import Path

from workbay_deploy.chain import Chain

ROUNDS = 600_000


def conf_file(chain: Chain) -> Path:
    return chain.paths.etc / "odoo.conf"


def configure(chain: Chain) -> None:
    """Render once per change; the master password's hash is drawn only once."""
    target = conf_file(chain)
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(chain.installed.source / "odoo.conf", encoding="utf-8")
    earlier = configparser.ConfigParser(interpolation=None)
    earlier.read(target, encoding="utf-8")
    options = parser["options"]
    options["admin_passwd"] = earlier.get(
        "options", "admin_passwd", fallback=_no_password()
    )
    options["addons_path"] = ",".join(str(folder) for folder in addons_path(chain))
    options["data_dir"] = str(chain.paths.data)
    options["db_name"] = chain.database
    options["dbfilter"] = f"^{chain.database}$"
    options["http_interface"] = "127.0.0.1"
    options["http_port"] = str(chain.ports.odoo)
    options["gevent_port"] = str(chain.ports.gevent)
    options["workers"] = str(chain.workers)
    options["max_cron_threads"] = str(chain.cron_threads)
    target.touch(mode=0o600)
    with target.open("w", encoding="utf-8") as stream:
        parser.write(stream)


def addons_path(chain: Chain) -> tuple[Path, ...]:
    return (*chain.odoo.addons, chain.installed.source / "addons")


def _no_password() -> str:
    """passlib's pbkdf2-sha512 hash of a random master password that nobody knows."""
    salt = secrets.token_bytes(16)
    digest = hashlib.pbkdf2_hmac("sha512", secrets.token_bytes(32), salt, ROUNDS)
    return f"$pbkdf2-sha512${ROUNDS}${_ab64(salt)}${_ab64(digest)}"


def _ab64(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=").replace("+", ".")
