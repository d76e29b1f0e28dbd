"""Where the machine's time goes: CPU seconds per second, by part of the chain."""

import os
import time
from pathlib import Path

from tests.bench._fleet import Fleet
from workbay_deploy.stack import Stack

SERVICES = {"mosquitto": "broker", "odoo": "odoo", "odoo-cron": "cron"}
TICK = os.sysconf("SC_CLK_TCK")


class Usage:
    """Counts from when it is made."""

    def __init__(self, stack: Stack, fleet: Fleet) -> None:
        self._parts = {part: [stack.pid(service)] for service, part in SERVICES.items()}
        self._parts["bridge"] = [
            stack.pid(name) for name in stack.names if name.startswith("bridge")
        ]
        self._parts["bays"] = fleet.pids
        self._parts["postgres"] = [_postmaster(stack)]
        self._begin = time.perf_counter()
        self._before = self._seconds()

    def cores(self) -> dict[str, float]:
        """Cores' worth of time used by each part since then."""
        elapsed = time.perf_counter() - self._begin
        after = self._seconds()
        return {
            part: (after[part] - self._before[part]) / elapsed for part in self._parts
        }

    def _seconds(self) -> dict[str, float]:
        parents, used = {}, {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                text = stat.read_text()
            except OSError:
                continue  # it ended meanwhile
            fields = text[text.rindex(")") + 2 :].split()
            pid = int(stat.parent.name)
            parents[pid] = int(fields[1])
            # Its own time and that of its children who have ended.
            used[pid] = sum(int(ticks) for ticks in fields[11:15]) / TICK
        return {
            part: sum(
                seconds
                for pid, seconds in used.items()
                if pid in roots or _below(pid, roots, parents)
            )
            for part, roots in self._parts.items()
        }


def _below(pid: int, roots: list[int], parents: dict[int, int]) -> bool:
    while pid := parents.get(pid, 0):
        if pid in roots:
            return True
    return False


def _postmaster(stack: Stack) -> int:
    file = stack.chain.cluster.data / "postmaster.pid"
    return int(file.read_text().split()[0])
