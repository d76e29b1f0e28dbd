"""What the set-up does inside Odoo: the only code here that runs in its shell."""

import json
import os
from pathlib import Path
from typing import Any

SERVICES = ("bridge", "enrolment")
ROLE = "workshop_chain_group_"


def provision(
    env: Any,
    addresses: dict[str, str] | None = None,
    keys: dict[str, str] | None = None,
    bays: list[str] | None = None,
    logins: dict[str, str] | None = None,
) -> None:
    """Do what is due of the set-up's dealings with Odoo; each part may be left out."""
    if addresses:
        set_addresses(env, addresses)
    if keys:
        write_api_keys(env, keys)
    if bays:
        request_devices(env, [Path(folder) for folder in bays])
    if logins:
        open_logins(env, logins["password"], Path(logins["file"]))


def set_addresses(env: Any, addresses: dict[str, str]) -> None:
    """Where people, bays and printed QR codes find what runs here."""
    for name, value in addresses.items():
        env["ir.config_parameter"].set_param(name, value)


def write_api_keys(env: Any, files: dict[str, str]) -> None:
    """Give each service user a key and write it where only the owner reads it."""
    for service, file in files.items():
        key = env["res.users"]._workshop_service_key(service)
        _write_secret(Path(file), f"{key}\n")


def request_devices(env: Any, folders: list[Path]) -> None:
    """Hand in each bay's CSR, as a device in the field would by its QR code.

    The first folder is the first store's first bay. What the device has to know beside
    its certificate is written next to its key.
    """
    bays = env["workshop.bay"].search([], order="id", limit=len(folders))
    if len(bays) < len(folders):
        raise ValueError(f"{len(folders)} bays are wanted and Odoo has {len(bays)}")
    for bay, folder in zip(bays, folders, strict=True):
        device = bay.request_device((folder / "device.csr").read_text(encoding="utf-8"))
        (folder / "request.json").write_text(
            json.dumps(device.enrolment_values()), encoding="utf-8"
        )


def remake_boards(env: Any) -> None:
    """Odoo signs with another key from now on: every board is to be signed anew."""
    stores = env["res.company"].search([("is_store", "=", True)])
    env["workshop.board.change"]._mark(stores.ids)


def open_logins(env: Any, password: str, file: Path) -> None:
    """Let the demo's persons log in, and write down who they are and may do."""
    users = env["res.users"]
    logins = users._workshop_demo_logins(password)
    for entry in logins:
        user = users.search([("login", "=", entry["login"])])
        names = user.all_group_ids.get_external_id().values()
        entry["roles"] = sorted(
            name.partition(ROLE)[2] for name in names if ROLE in name
        )
    _write_secret(file, json.dumps({"password": password, "logins": logins}, indent=1))


def _write_secret(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    part.replace(path)  # a service may read it at any moment
