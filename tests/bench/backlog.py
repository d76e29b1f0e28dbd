"""One bay comes back with 10,000 events while others go on working.

The one has recorded whole job lives, with many interruptions, while it had no
connection; the others' taps come at random moments (a Poisson process), and their
latency counts while the one drains.
"""

import sys
import time

from tests.bench import _report, _world
from tests.bench._audit import audit, drain_seconds
from tests.bench._fleet import Fleet

WARM_SECONDS = 5.0
INTERRUPTIONS = (140,)
"""Per job of the bay that was away: its few orders have to make many events."""


def main() -> int:
    options = _options()
    size = _world.Size.of(options, _world.Size.bays)
    with _world.stack(size) as stack:
        _report.note("enrolling the bays …")
        away, *here = _world.enrol(stack, _world.Size.of(options, options.bays + 1))
        drain_seconds(stack)
        with (
            Fleet([away], options.seed, 1, INTERRUPTIONS) as absent,
            Fleet(here, options.seed, 2) as others,
        ):
            _report.note(f"{options.events} events at one bay …")
            absent.hoard(options.events)
            others.start()
            others.tap(options.rate, WARM_SECONDS)
            _report.note(f"it comes back; {options.bays} others go on …")
            others.begin("tap", options.rate / 2, options.seconds)
            begin = time.perf_counter()
            absent.start()
            absent.settle()
            others.wait()
            others.settle()
            end = max(at for at, _result in absent.tally().finals.values())
            for fleet in (absent, others):
                fleet.stop()
            drained, alive = absent.tally(), others.tally()
        latencies = alive.latencies_ms(begin, end)
        drained.add(alive)
        found = audit(stack, drained)
    _report.show(
        {
            "drain_events_per_s": options.events / (end - begin),
            "others_p99_ms": _report.percentile(latencies, 0.99),
            "others_p50_ms": _report.percentile(latencies, 0.50),
            "others_events": len(latencies),
            "drain_seconds": end - begin,
            "bays": len(here),
            "lost": found.lost + found.unanswered,
            "duplicated": found.duplicated,
            "wrong_outcomes": found.wrong,
        },
        options.json,
    )
    return 0 if found.is_clean else 1


def _options():
    parser = _report.parser(__doc__)
    parser.add_argument("--events", type=int, default=10_000, help="that had to wait")
    parser.add_argument("--rate", type=float, default=50.0, help="of the others, per s")
    parser.add_argument(
        "--seconds", type=float, default=25.0, help="that the others go on tapping"
    )
    _world.add_options(parser, bays=50, which="others")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
