"""The virtual bays' certificates, and where they find broker and bridge."""

import json
from pathlib import Path

from workbay_deploy.chain import Chain
from workbay_deploy.errors import SetupError
from workbay_deploy.progress import Progress
from workbay_deploy.readiness import wait_until

ISSUE_SECONDS = 60


def ensure_enrolled(chain: Chain, progress: Progress) -> None:
    """Wait for the enrolment service to sign, then complete the folders."""
    waiting = [f for f in chain.bay_folders if not (f / "device.json").is_file()]
    if waiting:
        with progress.step("Enrolling the virtual bays"):
            for folder in waiting:
                _complete(chain, folder)
    for folder in chain.bay_folders:
        _write_addresses(chain, folder / "device.json")


def _complete(chain: Chain, folder: Path) -> None:
    values = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    certificate = ""

    def issued() -> bool:
        nonlocal certificate
        certificate = chain.cluster.query(
            chain.database,
            "SELECT certificate FROM workshop_device "
            f"WHERE certificate IS NOT NULL AND name = '{values['device']}'",
        )
        return bool(certificate)

    if not wait_until(issued, ISSUE_SECONDS):
        raise SetupError(
            f"The enrolment service signed no certificate within {ISSUE_SECONDS} s: "
            f"see {chain.installed.logs / 'enrolment.log'}."
        )
    (folder / "device.crt").write_text(f"{certificate}\n", encoding="utf-8")
    authority = chain.paths.secrets / "broker" / "ca.crt"
    (folder / "ca.crt").write_bytes(authority.read_bytes())
    # Last: its presence says that the folder is complete.
    _write(folder / "device.json", values)


def _write_addresses(chain: Chain, file: Path) -> None:
    """The ports may have been changed since the bay was enrolled."""
    before = json.loads(file.read_text(encoding="utf-8"))
    after = before | {"brokers": chain.brokers, "media_url": chain.media_url}
    if after != before:
        _write(file, after)


def _write(file: Path, values: dict[str, object]) -> None:
    part = file.with_name(file.name + ".part")
    part.write_text(json.dumps(values, indent=1), encoding="utf-8")
    part.replace(file)
