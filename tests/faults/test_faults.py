"""Nothing that a bay confirmed is lost, doubled or overtaken, whatever is disturbed.

WORKBAY_FAULTS_SEED chooses another schedule, WORKBAY_FAULTS_COUNT a longer one.
"""

import faulthandler
import os
from collections.abc import Callable
from pathlib import Path

from tests.faults.families import KINDS
from tests.faults.run import EACH, Report, Run

SEED = 1
COUNT = 290
"""Planned, each kind four times, so that 200 show their effect in time."""
SECONDS = 330
"""For the faults of a run of ``COUNT``."""
BOUND = 480
"""For such a run from its beginning to its verdict, on two cores of its own."""
LEAST = 200


def test_no_fault_loses_doubles_or_reorders_anything(
    runtime: Path, show: Callable[[Report, Path], None]
) -> None:
    faulthandler.cancel_dump_traceback_later()  # it is long, and not stuck
    seed = int(os.environ.get("WORKBAY_FAULTS_SEED", SEED))
    count = int(os.environ.get("WORKBAY_FAULTS_COUNT", COUNT))
    only = os.environ.get("WORKBAY_FAULTS_ONLY", "").split()
    kinds = [name for name in KINDS if not only or name.startswith(tuple(only))]
    scale = max(1.0, count / COUNT)
    with Run(seed, count, SECONDS * scale) as run:
        run.disturb(kinds)
        report = run.finish()
        if report.broken or report.breaches:
            run.keep(runtime / "logs" / "faults")
    show(report, runtime / "logs" / "faults.txt")
    _judge(report, kinds, count)
    assert report.seconds < BOUND * scale


def _judge(report: Report, kinds: list[str], count: int) -> None:
    assert not report.broken, report.broken
    assert not report.breaches, report.breaches
    rare = [name for name in kinds if report.counted[name] < EACH]
    assert not rare, f"showed their effect less than {EACH} times: {rare}"
    least = LEAST * count // COUNT
    assert report.counted.total() >= least, report.counted.total()
