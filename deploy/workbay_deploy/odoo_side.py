"""What the set-up does inside Odoo: the only code here that runs in its shell."""

import json
import os
from pathlib import Path
from typing import Any

SERVICES = ("bridge", "enrolment")


def write_api_keys(env: Any, files: dict[str, str]) -> None:
    """Give each service user a key and write it where only the owner reads it."""
    for service, file in files.items():
        key = env["res.users"]._workshop_service_key(service)
        _write_secret(Path(file), f"{key}\n")


def request_devices(env: Any, requests: list[dict[str, str]]) -> None:
    """Hand in each bay's CSR, as a device in the field would by its QR code.

    One request a folder; the first bay of the first store goes first. What the device
    has to know is written beside its key once Odoo has named it.
    """
    bays = env["workshop.bay"].search([], order="id", limit=len(requests))
    if len(bays) < len(requests):
        raise ValueError(f"{len(requests)} bays are wanted and Odoo has {len(bays)}")
    for bay, request in zip(bays, requests, strict=True):
        folder = Path(request["folder"])
        device = bay.request_device((folder / "device.csr").read_text(encoding="utf-8"))
        (folder / "request.json").write_text(
            json.dumps({"device": device.name, "id": device.id}), encoding="utf-8"
        )


def write_device(env: Any, folders: list[str]) -> None:
    """Write certificate and device.json of every device that was issued one."""
    for name in folders:
        folder = Path(name)
        asked = json.loads((folder / "request.json").read_text(encoding="utf-8"))
        device = env["workshop.device"].browse(asked["id"])
        (folder / "device.crt").write_text(device.certificate, encoding="utf-8")
        # Last: its presence says that the folder is complete.
        (folder / "device.json").write_text(
            json.dumps(device.enrolment_values(), indent=1), encoding="utf-8"
        )


def _write_secret(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
