"""Tap → Odoo's signed outcome at the bay, at a given rate of events.

Taps come at random moments (a Poisson process) at random bays; the clock runs from
before the event is written to the bay's disk until its outcome is settled there.
Meanwhile the office changes orders of stores in which a further bay looks on.
"""

import sys
import time

from tests.bench import _report, _usage, _world
from tests.bench._audit import audit, drain_seconds
from tests.bench._fleet import Fleet
from tests.bench._odoo_world import BAYS_OF_A_STORE
from tests.bench._office import Office

WARM_SECONDS = 5.0
"""First seconds of a chain that has just started; taps are made but not counted."""
WATCHING = 4
"""Bays that only show what the office changes; the rest taps."""


def main() -> int:
    options = _options()
    size = _world.Size.of(options)
    with _world.stack(size) as stack:
        _report.note("enrolling the bays …")
        bays = _world.enrol(stack, size)
        drain_seconds(stack)
        watching = bays[::BAYS_OF_A_STORE][:WATCHING]
        tapping = [bay for bay in bays if bay not in watching]
        with Fleet(tapping, options.seed) as fleet:
            fleet.start()
            with Office(stack, watching, options.seed) as office:
                _report.note(f"{options.rate:.0f} events/s, {options.seconds:.0f} s …")
                begin = time.perf_counter()
                usage = _usage.Usage(stack, fleet)
                fleet.tap(options.rate, WARM_SECONDS + options.seconds)
                used = usage.cores()
            fleet.settle()
            fleet.stop()
            tally = fleet.tally()
        found = audit(stack, tally)
    shown = sorted(office.times_ms)
    latencies = tally.latencies_ms(begin + WARM_SECONDS)
    _report.show(
        {
            "rate": len(latencies) / options.seconds,
            "p50_ms": _report.percentile(latencies, 0.50),
            "p95_ms": _report.percentile(latencies, 0.95),
            "p99_ms": _report.percentile(latencies, 0.99),
            "max_ms": latencies[-1],
            "events": len(latencies),
            "bays": len(tapping),
            "office_changes": len(shown),
            "board_p50_ms": _report.percentile(shown, 0.50),
            "board_p95_ms": _report.percentile(shown, 0.95),
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
