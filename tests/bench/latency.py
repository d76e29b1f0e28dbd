"""Tap → Odoo's signed outcome at the bay, at a given rate of events.

Taps come at random moments (a Poisson process) at random bays; the clock runs from
before the event is written to the bay's disk until its outcome is settled there.
"""

import random
import sys
import time

from tests.bench import _lives, _report, _world
from tests.bench._audit import audit, drain_seconds
from tests.bench._bays import Tally, Worker, start_all, wait_settled
from workbay_deploy.stack import Stack

WARM_EVENTS = 20
"""First events of a chain that has just started; they are sent but not counted."""


def main() -> int:
    options = _options()
    with Stack.from_environment(bays=0) as stack:
        _report.note("building the bench's chain …")
        world = _world.build(
            stack, bays=options.bays, orders=options.orders, jobs=10, seed=options.seed
        )
        drain_seconds(stack)
        tally = Tally()
        workers = [Worker(bay, _lives.draw(bay, options.seed), tally) for bay in world]
        start_all(workers)
        _report.note(f"{options.rate:.0f} events/s for {options.seconds:.0f} s …")
        _tap(workers, options.rate, options.seconds, random.Random(options.seed))
        wait_settled(tally)
        for worker in workers:
            worker.stop()
        found = audit(stack, tally)
    warm = list(tally.recorded)[:WARM_EVENTS]
    for uuid in warm:
        tally.finals.pop(uuid, None)
    latencies = tally.latencies_ms()
    _report.show(
        {
            "rate": options.rate,
            "p50_ms": _report.percentile(latencies, 0.50),
            "p95_ms": _report.percentile(latencies, 0.95),
            "p99_ms": _report.percentile(latencies, 0.99),
            "max_ms": latencies[-1],
            "events": len(latencies),
            "lost": found.lost + found.unanswered,
            "duplicated": found.duplicated,
        },
        options.json,
    )
    return 1 if found.lost or found.unanswered or found.duplicated else 0


def _options():
    parser = _report.parser(__doc__)
    parser.add_argument("--rate", type=float, default=20.0, help="events per second")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--bays", type=int, default=12)
    parser.add_argument("--orders", type=int, default=2, help="open orders per bay")
    return parser.parse_args()


def _tap(
    workers: list[Worker], rate: float, seconds: float, chance: random.Random
) -> None:
    begin = at = time.monotonic()
    while at - begin < seconds:
        at += chance.expovariate(rate)
        time.sleep(max(0.0, at - time.monotonic()))
        if not any(worker.confirm() for worker in chance.sample(workers, len(workers))):
            return


if __name__ == "__main__":
    sys.exit(main())
