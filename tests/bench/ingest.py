"""Events per second: bay's contract → broker → bridge → Odoo's commit → outcome.

Simulated bays confirm whole job lives as fast as outcomes come back, each keeping less
than one batch waiting. The baseline runs in the same chain before, nothing else
running.
"""

import sys
import time

from tests.bench import _baseline, _report, _usage, _world
from tests.bench._audit import audit, consequences, drain_seconds
from tests.bench._fleet import PROCESSES, Fleet

AHEAD = 60
"""Events that a bay keeps waiting: under one batch, so it never counts as backlog."""
WINDOW = 10.0
"""Seconds; the slowest such stretch says whether the rate is sustained."""


def main() -> int:
    options = _options()
    size = _world.Size.of(options)
    with _world.stack(size) as stack:
        _report.note("enrolling the bays …")
        bays = _world.enrol(stack, size)
        drain_seconds(stack)
        _report.note(f"baseline, {options.baseline:.0f} s …")
        baseline = _baseline.events_per_second(stack, options.baseline)
        with Fleet(bays, options.seed, options.processes) as fleet:
            fleet.start()
            _report.note(f"ingest, {options.seconds:.0f} s …")
            usage = _usage.Usage(stack, fleet)
            begin = time.perf_counter()
            fleet.work(options.seconds, AHEAD)
            end = time.perf_counter()
            used = usage.cores()
            fleet.settle()
            rss = _report.rss_mb(stack.pid("bridge"))
            _report.note("consequences …")
            lag = drain_seconds(stack)
            fleet.stop()
            tally = fleet.tally()
        found = audit(stack, tally)
        drawn = consequences(stack)
    rate = tally.rate(begin, end)
    is_sustained = end - begin >= options.seconds
    if not is_sustained:
        _report.note("the world was done before the time was over: take more --orders")
    _report.show(
        {
            "events_per_s": rate,
            "baseline_events_per_s": baseline,
            "ratio": rate / baseline,
            "seconds": end - begin,
            "slowest_10s_events_per_s": _slowest(tally, begin, end),
            "bays": len(bays),
            "orders": sum(len(bay.orders) for bay in bays),
            "technicians": sum(len(bay.technicians) for bay in bays),
            "lost": found.lost + found.unanswered,
            "duplicated": found.duplicated,
            "bridge_rss_mb": rss,
            "consequence_lag_s": lag,
            "consequences_lost": drawn.lost,
            "consequences_doubled": drawn.doubled,
            "events": len(tally.recorded),
            "invalid": sum(not valid for _at, valid in tally.recorded.values()),
            "wrong_outcomes": found.wrong,
            **{f"cores_{name}": value for name, value in used.items()},
        },
        options.json,
    )
    return 0 if found.is_clean and drawn.is_clean and is_sustained else 1


def _slowest(tally, begin: float, end: float) -> float:
    starts = [begin + n for n in range(int(max(0.0, end - begin - WINDOW)) + 1)]
    return min(tally.rate(at, min(at + WINDOW, end)) for at in starts)


def _options():
    parser = _report.parser(__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--baseline", type=float, default=10.0)
    _world.add_options(parser, bays=200)
    parser.add_argument("--processes", type=int, default=PROCESSES, help="of bays")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
