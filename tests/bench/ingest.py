"""Events per second: bay's contract → broker → bridge → Odoo's commit → outcome.

Simulated bays confirm whole job lives as fast as outcomes come back, each keeping less
than one batch waiting. The baseline runs in the same chain before, nothing else
running.
"""

import sys
import threading
import time

from tests.bench import _baseline, _lives, _report, _world
from tests.bench._audit import audit, drain_seconds
from tests.bench._bays import Tally, Worker, start_all, wait_settled
from workbay_deploy.stack import Stack

AHEAD = 60
"""Events that a bay keeps waiting: under one batch, so it never counts as backlog."""


def main() -> int:
    options = _options()
    with Stack.from_environment(bays=0) as stack:
        _report.note("building the bench's chain …")
        world = _world.build(
            stack,
            bays=options.bays,
            orders=options.orders,
            jobs=options.jobs,
            seed=options.seed,
        )
        _report.note("consequences of the set-up …")
        drain_seconds(stack)
        _report.note(f"baseline, {options.baseline:.0f} s …")
        baseline = _baseline.events_per_second(stack, options.baseline)
        tally = Tally()
        workers = [Worker(bay, _lives.draw(bay, options.seed), tally) for bay in world]
        start_all(workers)
        _report.note(f"ingest, {options.seconds:.0f} s …")
        _confirm(workers, options.seconds)
        wait_settled(tally)
        rss = _report.rss_mb(stack.pid("bridge"))
        _report.note("consequences …")
        lag = drain_seconds(stack)
        for worker in workers:
            worker.stop()
        found = audit(stack, tally)
    begin = min(at for at, _step in tally.recorded.values())
    end = max(at for at, _result in tally.finals.values())
    rate = len(tally.finals) / (end - begin)
    _report.show(
        {
            "events_per_s": rate,
            "baseline_events_per_s": baseline,
            "ratio": rate / baseline,
            "seconds": end - begin,
            "bays": len(workers),
            "lost": found.lost + found.unanswered,
            "duplicated": found.duplicated,
            "bridge_rss_mb": rss,
            "consequence_lag_s": lag,
            "events": len(tally.recorded),
            "invalid": sum(not step.valid for _at, step in tally.recorded.values()),
            "wrong_outcomes": found.wrong,
        },
        options.json,
    )
    return 1 if found.lost or found.unanswered or found.duplicated or found.wrong else 0


def _options():
    parser = _report.parser(__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--baseline", type=float, default=10.0)
    parser.add_argument("--bays", type=int, default=12)
    parser.add_argument("--orders", type=int, default=8, help="open orders per bay")
    parser.add_argument("--jobs", type=int, default=10, help="jobs per order")
    return parser.parse_args()


def _confirm(workers: list[Worker], seconds: float) -> None:
    """Keep every bay supplied for ``seconds``, or until all lives are lived."""
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=worker.work, args=(until, AHEAD)) for worker in workers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    sys.exit(main())
