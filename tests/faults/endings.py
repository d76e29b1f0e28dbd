"""How processes are brought to an end, and what shows it."""

import contextlib
import os
import resource
import signal
from collections.abc import Iterable
from pathlib import Path

from tests.faults.bays import Bay
from tests.faults.run import Run
from workbay_deploy import services
from workbay_deploy.readiness import wait_until

NO_MEMORY = (
    "MemoryError",
    "out of memory",
    "Out of memory",
    "Cannot allocate memory",
    "can't start new thread",  # for the lack of a stack
)
RECOVERED = "rows rolled back, recovered from its log"


def order(steps: Path, step: str) -> None:
    """Have whoever reaches the step first end there."""
    steps.with_suffix(".reached").unlink(missing_ok=True)
    part = steps.with_suffix(".part")
    part.write_text(f"{step} kill")
    part.replace(steps)


def is_reached(steps: Path) -> bool:
    return steps.with_suffix(".reached").exists()


def limit_memory(pids: Iterable[int]) -> dict[int, int]:
    """Let each keep what it has and get no more.

    :return: by process, the bytes that it has.
    """
    limits = {}
    for pid in pids:
        with contextlib.suppress(OSError, IndexError):  # it has just ended
            status = Path(f"/proc/{pid}/status").read_text()
            limits[pid] = int(status.partition("VmSize:")[2].split()[0]) * 1024
    hold_memory(limits)
    return limits


def hold_memory(limits: dict[int, int]) -> None:
    for pid, size in limits.items():
        with contextlib.suppress(OSError):
            _soft, hard = resource.prlimit(pid, resource.RLIMIT_AS)
            resource.prlimit(pid, resource.RLIMIT_AS, (size, hard))


def workers(run: Run) -> list[int]:
    """Odoo's processes that answer requests."""
    master = run.stack.pid("odoo")
    return [pid for pid in _children(master) if _is_worker(pid)]


def _is_worker(pid: int) -> bool:
    try:
        return b"gevent" not in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def backends(run: Run) -> list[int]:
    """PostgreSQL's processes that work for Odoo, the busy ones first."""
    rows = run.stack.query(
        "SELECT pid FROM pg_stat_activity"
        f" WHERE datname = '{run.stack.chain.database}' AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
        " ORDER BY state <> 'active', state_change DESC"
    )
    return [int(row) for row in rows.splitlines()]


def _children(parent: int) -> list[int]:
    try:
        text = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    except OSError:
        return []  # it has just ended
    return [int(pid) for pid in text.split()]


def exists(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def in_flight(run: Run) -> int:
    return sum(gateway.in_flight for gateway in run.stack.gateways.values())


def unanswered(run: Run) -> int:
    return sum(each.seen["unanswered"] for each in run.stack.gateways.values())


def recovered(run: Run, bay: Bay, size: int) -> bool:
    """The server has noticed, rolled back and answers again."""
    seen = bay.wait(
        lambda: bool(run.logged("postgres", size, "was terminated by signal 9")), 5
    )
    bay.wait(run.stack.chain.cluster.is_ready, 20)
    wait_until(services.odoo(run.stack.chain).ready, 30)
    return seen
