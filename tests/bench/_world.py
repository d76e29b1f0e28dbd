"""Makes the benches' chain: enrolled simulated bays and what they work on."""

import atexit
import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_agent import identity
from workbay_deploy import commands, odoo_shell
from workbay_deploy.readiness import wait_until
from workbay_deploy.services import odoo_argv, odoo_env
from workbay_deploy.stack import Stack

ENROL_SECONDS = 120


@dataclass(frozen=True)
class SimulatedBay:
    """One enrolled bay, its people and the orders that stand in it."""

    folder: Path
    technicians: list[dict[str, Any]]
    inspector: dict[str, Any]
    orders: list[dict[str, Any]]


def build(
    stack: Stack, *, bays: int, orders: int, jobs: int, seed: int
) -> list[SimulatedBay]:
    """Enrol ``bays`` bays with ``orders`` open orders of ``jobs`` jobs each."""
    root = _bays_disk(stack) / "simulated"
    folders = [root / f"bay-{number}" for number in range(bays)]
    csrs = [
        identity.keygen(folder, f"dev-bench-{number:04}").read_text()
        for number, folder in enumerate(folders)
    ]
    target = root / "world.json"
    shell(
        stack,
        "_odoo_world",
        "build",
        {
            "target": str(target),
            "csrs": csrs,
            "orders": orders,
            "jobs": jobs,
            "seed": seed,
        },
    )
    made = json.loads(target.read_text())
    _enrol(stack, folders, [bay["device"] for bay in made])
    return [
        SimulatedBay(folder, bay["technicians"], bay["inspector"], bay["orders"])
        for folder, bay in zip(folders, made, strict=True)
    ]


def _bays_disk(stack: Stack) -> Path:
    """In memory where there is room: a bay's disk is not the server's.

    Hundreds of bays' commits on the disk that PostgreSQL commits to would measure
    this machine, not the chain.
    """
    memory = Path("/dev/shm")
    if not memory.is_dir():
        return stack.chain.paths.root
    folder = Path(tempfile.mkdtemp(prefix="workbay-bench-", dir=memory))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def shell(
    stack: Stack,
    module: str,
    function: str,
    arguments: dict[str, Any],
    package: str = "tests.bench",
) -> None:
    """Call a function of a module of a package inside ``odoo shell`` and commit."""
    chain = stack.chain
    source = Path(__file__).parents[2]
    script = (
        "import json, sys\n"
        f"sys.path.insert(0, {str(source)!r})\n"
        f"from {package} import {module} as module\n"
        f"module.{function}(env, **json.loads({json.dumps(arguments)!r}))\n"
        "env.cr.commit()\n"
    )
    commands.run(
        [
            *odoo_argv(chain, "shell"),
            *odoo_shell.QUIET,
            f"--database={chain.database}",
            f"--db-filter=^{chain.database}$",
        ],
        log=chain.installed.log,
        env=odoo_env(chain),
        stdin=script,
        failure=f"{module}.{function} failed inside Odoo: see above.",
    )


def _enrol(stack: Stack, folders: list[Path], devices: list[dict[str, Any]]) -> None:
    """Let the enrolment service issue every certificate, then complete the folders."""
    issued: dict[str, str] = {}

    def complete() -> bool:
        rows = stack.query(
            "SELECT json_object_agg(name, certificate) FROM workshop_device"
            " WHERE status = 'active' AND name LIKE 'dev-bench-%'"
        )
        issued.update(json.loads(rows or "{}"))
        return len(issued) == len(folders)

    if not wait_until(complete, ENROL_SECONDS):
        raise TimeoutError("the enrolment service did not issue every certificate")
    authority = (stack.chain.paths.secrets / "broker" / "ca.crt").read_bytes()
    for folder, device in zip(folders, devices, strict=True):
        (folder / identity.CA).write_bytes(authority)
        (folder / identity.CERTIFICATE).write_text(issued[device["device"]])
        (folder / identity.DEVICE).write_text(json.dumps(device))
