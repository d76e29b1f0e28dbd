"""deploy/status: what runs, where, and since when."""

import json
import time
from collections.abc import Mapping, Sequence

from workbay_deploy.paths import ChainPaths, Paths
from workbay_deploy.progress import Progress
from workbay_deploy.supervision import Process, Supervisor

HEADINGS = ("service", "state", "pid", "since", "where")


def status(paths: Paths, progress: Progress) -> int:
    """Print the table; 0 when everything runs, 3 when something does not."""
    supervisor = Supervisor(paths, ChainPaths(paths.demo))
    if not supervisor.is_running():
        progress.say("Nothing runs: deploy/up starts it.")
        return 3
    record = paths.demo / "services.json"
    urls: dict[str, str] = {}
    if record.is_file():
        urls = json.loads(record.read_text(encoding="utf-8"))["urls"]
    processes = supervisor.processes()
    progress.say(table(processes, urls, int(time.time())))
    progress.say(f"logs: {paths.logs}")
    return 0 if all(process.state == "running" for process in processes) else 3


def table(processes: Sequence[Process], urls: Mapping[str, str], now: int) -> str:
    """One line a service, in the order in which they are started."""
    order = {name: place for place, name in enumerate(urls)}
    rows = [
        (
            process.name,
            process.state,
            str(process.pid or "–"),
            since(process.started_at, now),
            process.reason or urls.get(process.name, ""),
        )
        for process in sorted(processes, key=lambda p: order.get(p.name, len(order)))
    ]
    widths = [
        max(len(row[i]) for row in (HEADINGS, *rows)) for i in range(len(HEADINGS))
    ]
    return "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in (HEADINGS, *rows)
    )


def since(started_at: int, now: int) -> str:
    """`2 h 05 min`, `3 min`, `12 s`."""
    if not started_at:
        return "–"
    seconds = max(0, now - started_at)
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes // 1440} days"
