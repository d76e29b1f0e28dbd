"""The run can fail: it finds what a broken promise of the product costs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.families import KINDS
from tests.faults.run import Report, Run

COUNT = 8
SECONDS = 90
PATIENCE = 60
"""Seconds; enough for everything to settle where no promise is broken, as the last test
shows."""


@pytest.mark.parametrize(
    ("mutation", "kinds", "breach"),
    [
        (
            "puback",
            ("bridge.ingest.before_call", "broker.stuck_consumer"),
            "was confirmed and is lost",
        ),
        ("savepoint", ("data.poison",), "was confirmed and is lost"),
        (
            "batch",
            ("odoo.timeout_after_commit", "network.one_way_down"),
            "ended as ('rejected', 'conflict'), in Odoo as accepted",
        ),
    ],
)
def test_a_broken_promise_is_found(
    mutation: str,
    kinds: tuple[str, ...],
    breach: str,
    runtime: Path,
    show: Callable[[Report, Path], None],
) -> None:
    assert set(kinds) <= set(KINDS)
    with Run(1, COUNT, SECONDS, mutation) as run:
        run.disturb(kinds)
        report = run.finish(PATIENCE)
    show(report, runtime / "logs" / f"faults-{mutation}.txt")
    assert not report.broken, report.broken
    assert any(breach in found for found in report.breaches), report.breaches


def test_the_same_faults_find_nothing_where_every_promise_is_kept(
    runtime: Path, show: Callable[[Report, Path], None]
) -> None:
    kinds = (
        *("bridge.ingest.before_call", "broker.stuck_consumer", "data.poison"),
        *("odoo.timeout_after_commit", "network.one_way_down"),
    )
    with Run(1, 2 * COUNT, SECONDS) as run:
        run.disturb(kinds)
        report = run.finish(PATIENCE)
    show(report, runtime / "logs" / "faults-unbroken.txt")
    assert not report.broken, report.broken
    assert not report.breaches, report.breaches
