"""Two brokers and two bridges under load; one of each is killed.

Taps come at a given rate at random moments and bays. ``rate_after`` counts outcomes
from the kill on, so the stop itself is in it; the worst answer is over all taps.
"""

import sys
import time

from tests.bench import _report, _world
from tests.bench._audit import audit, drain_seconds
from tests.bench._fleet import PROCESSES, Fleet
from tests.bench._two import TwoOfEach

WARM_SECONDS = 5.0


def main() -> int:
    options = _options()
    size = _world.Size.of(options, _world.Size.bays)
    with _world.stack(size, TwoOfEach) as stack:
        assert isinstance(stack, TwoOfEach)
        _report.note("enrolling the bays …")
        bays = _world.enrol(stack, _world.Size.of(options), stack.brokers)
        drain_seconds(stack)
        with Fleet(bays, options.seed) as fleet:
            fleet.start()
            _report.note(f"{options.rate:.0f} events/s, two of each …")
            begin = time.perf_counter()
            seconds = WARM_SECONDS + 2 * options.seconds
            fleet.begin("tap", options.rate / PROCESSES, seconds)
            time.sleep(WARM_SECONDS + options.seconds)
            _report.note("one broker and one bridge are killed …")
            killed = time.perf_counter()
            stack.kill("mosquitto")
            stack.kill("bridge")
            fleet.wait()
            end = time.perf_counter()
            fleet.settle()
            fleet.stop()
            tally = fleet.tally()
        found = audit(stack, tally)
    latencies = tally.latencies_ms(begin + WARM_SECONDS)
    _report.show(
        {
            "rate_before": tally.rate(begin + WARM_SECONDS, killed),
            "rate_after": tally.rate(killed, end),
            "worst_ms": latencies[-1],
            "p99_ms": _report.percentile(latencies, 0.99),
            "lost": found.lost + found.unanswered,
            "duplicated": found.duplicated,
            "wrong_outcomes": found.wrong,
            "events": len(tally.recorded),
            "bays": len(bays),
            "rate": options.rate,
        },
        options.json,
    )
    return 0 if found.is_clean else 1


def _options():
    parser = _report.parser(__doc__)
    parser.add_argument("--rate", type=float, default=200.0, help="events per second")
    parser.add_argument(
        "--seconds", type=float, default=20.0, help="before the kill, and after it"
    )
    _world.add_options(parser, bays=100)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
