"""Tap → Odoo's signed outcome at the bay, at a given rate of events.

Taps come at random moments (a Poisson process) at random bays; the clock runs from
before the event is written to the bay's disk until its outcome is settled there.
"""

import sys
import time

from tests.bench import _report, _usage, _world
from tests.bench._audit import audit, drain_seconds
from tests.bench._fleet import Fleet

WARM_SECONDS = 5.0
"""First seconds of a chain that has just started; taps are made but not counted."""


def main() -> int:
    options = _options()
    size = _world.Size.of(options)
    with _world.stack(size) as stack:
        _report.note("enrolling the bays …")
        bays = _world.enrol(stack, size)
        drain_seconds(stack)
        with Fleet(bays, options.seed, processes=2) as fleet:
            fleet.start()
            _report.note(f"{options.rate:.0f} events/s for {options.seconds:.0f} s …")
            begin = time.perf_counter()
            usage = _usage.Usage(stack, fleet)
            fleet.tap(options.rate, WARM_SECONDS + options.seconds)
            used = usage.cores()
            fleet.settle()
            fleet.stop()
            tally = fleet.tally()
        found = audit(stack, tally)
    latencies = tally.latencies_ms(begin + WARM_SECONDS)
    _report.show(
        {
            "rate": len(latencies) / options.seconds,
            "p50_ms": _report.percentile(latencies, 0.50),
            "p95_ms": _report.percentile(latencies, 0.95),
            "p99_ms": _report.percentile(latencies, 0.99),
            "max_ms": latencies[-1],
            "events": len(latencies),
            "bays": len(bays),
            "lost": found.lost + found.unanswered,
            "duplicated": found.duplicated,
            "wrong_outcomes": found.wrong,
            **{f"cores_{name}": value for name, value in used.items()},
        },
        options.json,
    )
    return 0 if found.is_clean else 1


def _options():
    parser = _report.parser(__doc__)
    parser.add_argument("--rate", type=float, default=100.0, help="events per second")
    parser.add_argument("--seconds", type=float, default=60.0)
    _world.add_options(parser, bays=200)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
