"""The virtual bays: key, request, certificate, and what their folder has to hold."""

import json
from collections.abc import Mapping
from pathlib import Path

from workbay_deploy import commands, odoo_shell
from workbay_deploy.chain import Chain
from workbay_deploy.errors import SetupError
from workbay_deploy.odoo_side import SERVICES
from workbay_deploy.progress import Progress
from workbay_deploy.readiness import wait_until

ISSUE_SECONDS = 60


def ensure_requests(chain: Chain, env: Mapping[str, str], progress: Progress) -> None:
    """API keys of the services and a request for every bay that has no device yet."""
    keys = {
        service: str(chain.api_key(service))
        for service in SERVICES
        if not chain.api_key(service).is_file()
    }
    numbers = range(1, len(chain.ports.bays) + 1)
    asking = [n for n in numbers if not (chain.paths.bay(n) / "request.json").is_file()]
    if keys:
        with progress.step("Giving the services their keys to Odoo"):
            odoo_shell.call(
                chain,
                "write_api_keys",
                {"files": keys},
                failure="Odoo gave the services no keys: see above.",
            )
    if not asking:
        return
    with progress.step("Making the virtual bays"):
        for number in numbers:
            folder = chain.paths.bay(number)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
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
                failure=f"Bay {number} could not make its key: see above.",
            )
        odoo_shell.call(
            chain,
            "request_devices",
            {"requests": [{"folder": str(chain.paths.bay(n))} for n in numbers]},
            failure="Odoo took no request for the virtual bays: see above.",
        )


def ensure_certificates(chain: Chain, progress: Progress) -> None:
    """Wait for the enrolment service to sign, then complete the folders."""
    numbers = range(1, len(chain.ports.bays) + 1)
    folders = [chain.paths.bay(number) for number in numbers]
    if not all((folder / "device.json").is_file() for folder in folders):
        _enrol(chain, folders, progress)
    for folder in folders:
        _write_addresses(chain, folder / "device.json")


def _enrol(chain: Chain, folders: list[Path], progress: Progress) -> None:
    ids = [
        json.loads((f / "request.json").read_text(encoding="utf-8"))["id"]
        for f in folders
    ]
    listed = ", ".join(str(int(one)) for one in ids)

    def issued() -> bool:
        answer = chain.cluster.query(
            chain.database,
            "SELECT count(*) FROM workshop_device "
            f"WHERE id IN ({listed}) AND certificate IS NOT NULL",
        )
        return answer == str(len(ids))

    with progress.step("Enrolling the virtual bays"):
        if not wait_until(issued, ISSUE_SECONDS):
            raise SetupError(
                "The enrolment service signed no certificates within "
                f"{ISSUE_SECONDS} s: see {chain.installed.logs / 'enrolment.log'}."
            )
        authority = (chain.paths.secrets / "broker" / "ca.crt").read_bytes()
        for folder in folders:
            (folder / "ca.crt").write_bytes(authority)
        odoo_shell.call(
            chain,
            "write_device",
            {"folders": [str(folder) for folder in folders]},
            failure="The bays' certificates could not be written: see above.",
        )


def _write_addresses(chain: Chain, file: Path) -> None:
    """The ports may have been changed since the bay was enrolled."""
    before = json.loads(file.read_text(encoding="utf-8"))
    after = before | {"brokers": chain.brokers, "media_url": chain.media_url}
    if after != before:
        file.write_text(json.dumps(after, indent=1), encoding="utf-8")
