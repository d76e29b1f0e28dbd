"""How a bench says what it measured."""

import argparse
import json
import math
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def parser(description: str | None) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--json", action="store_true", help="one JSON object at the end")
    made.add_argument("--seed", type=int, default=1)
    return made


def note(text: str) -> None:
    """Progress, beside the figures."""
    print(text, file=sys.stderr, flush=True)


def show(figures: Mapping[str, float | int | None], as_json: bool) -> None:
    rounded = {
        key: round(value, 3) if isinstance(value, float) else value
        for key, value in figures.items()
    }
    if as_json:
        print(json.dumps(rounded), flush=True)
        return
    for key, value in rounded.items():
        print(f"{key:>26}  {value}")


def percentile(ordered: Sequence[float], share: float) -> float:
    """Nearest rank; ``ordered`` ascends."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def rss_mb(pid: int) -> float:
    """Resident memory of a process and its children."""
    total = 0.0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(
                line.split(":", 1)
                for line in status.read_text().splitlines()
                if ":" in line
            )
        except OSError:
            continue  # it ended meanwhile
        if pid in (int(fields["Pid"]), int(fields["PPid"])) and "VmRSS" in fields:
            total += int(fields["VmRSS"].split()[0]) / 1024
    return total


def cpu_ms(pids: Sequence[int]) -> float:
    """Processor time that these processes and their children used so far.

    In steps of 10 ms: add up over many requests.
    """
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # A program's name may hold blanks and brackets.
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if int(stat.parent.name) in pids or int(fields[1]) in pids:
            ticks += int(fields[11]) + int(fields[12])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")
