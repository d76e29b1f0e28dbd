"""Makes the benches' chain: enrolled simulated bays and what they work on.

What they work on is made once and kept as a database of its own, from which each run
gets a copy; it is made anew when the addons or the making of it change.
"""

import argparse
import atexit
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from edge_agent import identity
from tests.bench import _report
from tests.bench._odoo_world import BAYS_OF_A_STORE
from workbay_deploy import commands, odoo_shell
from workbay_deploy.chain import Chain
from workbay_deploy.readiness import wait_until
from workbay_deploy.services import odoo_argv, odoo_env
from workbay_deploy.settings import WORKERS
from workbay_deploy.stack import Stack, lab_from_environment

ENROL_SECONDS = 300
MAKERS = 2
"""Processes that fill the world: as many as the machine has cores."""


@dataclass(frozen=True)
class Size:
    """How much there is to work on."""

    bays: int = 200
    orders: int = 10
    jobs: int = 4
    seed: int = 1

    @classmethod
    def of(cls, options: argparse.Namespace, bays: int | None = None) -> Self:
        """As the options of :func:`add_options` say.

        :param bays: another number of bays than theirs.
        """
        return cls(bays or options.bays, options.orders, options.jobs, options.seed)


@dataclass(frozen=True)
class Making:
    """A database that is being made: a chain of which only that exists."""

    chain: Chain


@dataclass(frozen=True)
class SimulatedBay:
    """One enrolled bay, its people and the orders that stand in it."""

    folder: Path
    technicians: list[dict[str, Any]]
    inspector: dict[str, Any]
    orders: list[dict[str, Any]]


def add_options(
    parser: argparse.ArgumentParser, bays: int, which: str = "simulated bays"
) -> None:
    """Options that say how much there is to work on."""
    parser.add_argument("--bays", type=int, default=bays, help=which)
    parser.add_argument(
        "--orders", type=int, default=Size.orders, help="open orders per bay"
    )
    parser.add_argument("--jobs", type=int, default=Size.jobs, help="jobs per order")


def database(size: Size) -> str:
    """The name of the database that holds a world of this size, made if need be."""
    template = os.environ["WORKBAY_TEST_TEMPLATE"]
    source = Path(__file__).with_name("_odoo_world.py").read_text()
    state = hashlib.sha256(f"{template} {size} {source}".encode()).hexdigest()[:10]
    return lab_from_environment(os.environ).derived(
        template,
        f"world_{size.bays}_{size.orders}_{size.jobs}_{state}",
        lambda chain: _make(chain, size),
    )


def stack(size: Size, kind: type[Stack] = Stack) -> Stack:
    """A chain whose database holds that world."""
    lab = lab_from_environment(os.environ)
    return kind(lab, database(size), bays=0, workers=WORKERS)


def build(
    stack: Stack, *, bays: int, orders: int, jobs: int, seed: int
) -> list[SimulatedBay]:
    """Make and enrol bays in a running chain; for a few of them."""
    size = Size(bays, orders, jobs, seed)
    _fill(stack, size)
    return enrol(stack, size)


def _make(chain: Chain, size: Size) -> None:
    _report.note(f"making {size.bays * size.orders} open orders, once …")
    making = Making(chain)
    _fill(making, size)
    shell(making, "_odoo_world", "draw_consequences", {})
    shell(making, "_odoo_world", "pass_the_night", {})
    chain.cluster.query(chain.database, "VACUUM ANALYZE")


def _fill(stack: Stack | Making, size: Size) -> None:
    shell(stack, "_odoo_world", "open_stores", {"bays": size.bays})
    shares: list[list[int]] = [[] for _maker in range(MAKERS)]
    for number in range(size.bays):
        shares[number // BAYS_OF_A_STORE % MAKERS].append(number)
    values = {"orders": size.orders, "jobs": size.jobs, "seed": size.seed}
    with ThreadPoolExecutor(MAKERS) as pool:
        list(
            pool.map(
                lambda numbers: shell(
                    stack, "_odoo_world", "fill", {"numbers": numbers, **values}
                ),
                [share for share in shares if share],
            )
        )


def enrol(
    stack: Stack, size: Size, brokers: Sequence[dict[str, Any]] = ()
) -> list[SimulatedBay]:
    """Enrol a device for the first bays of the world in the running chain.

    :param brokers: where bays are to connect, if not where the chain says: each one
        prefers another of them.
    """
    root = _bays_disk(stack) / "simulated"
    folders = [root / f"bay-{number}" for number in range(size.bays)]
    csrs = [
        identity.keygen(folder, f"dev-bench-{number:04}").read_text()
        for number, folder in enumerate(folders)
    ]
    target = root / "world.json"
    shell(
        stack,
        "_odoo_world",
        "request_devices",
        {"target": str(target), "csrs": csrs},
    )
    made = json.loads(target.read_text())
    for number, bay in enumerate(made):
        if brokers:
            first = number % len(brokers)
            bay["device"]["brokers"] = [*brokers[first:], *brokers[:first]]
    _complete(stack, folders, [bay["device"] for bay in made])
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
    stack: Stack | Making,
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


def _complete(stack: Stack, folders: list[Path], devices: list[dict[str, Any]]) -> None:
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
