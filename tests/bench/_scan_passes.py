"""What each pass of the reader adds in reads and costs in milliseconds."""

import time
from collections import Counter

from edge_agent.scan import passes, views
from edge_agent.scan.look import Look
from tests.bench import _photographs, _report
from tests.bench._photographs import FIRST_TEST_SEED, KINDS


def show(count: int, seed: int) -> None:
    """A table on standard output; no budget, so that each pass is seen at work."""
    gained: dict[str, Counter[str]] = {
        each.__name__: Counter() for each in passes.ORDER
    }
    spent: Counter[str] = Counter()
    calls: Counter[str] = Counter()
    there: Counter[str] = Counter()
    first = FIRST_TEST_SEED + seed * 100_000
    for kind in KINDS:
        _report.note(f"{kind} …")
        for number in range(count):
            photograph = _photographs.take(kind, first + number)
            texts = {text for text, _ in photograph.labels}
            there[kind] += len(texts)
            look = Look(views.gray(photograph.frame), float("inf"), time.monotonic)
            known: set[str] = set()
            for each in passes.ORDER:
                begun = time.perf_counter()
                each(look)
                spent[each.__name__] += (time.perf_counter() - begun) * 1000
                calls[each.__name__] += 1
                seen = {code.text for code in look.codes} & texts
                gained[each.__name__][kind] += len(seen - known)
                known |= seen
                if look.settled:
                    break
    _print(gained, spent, calls, there)


def _print(
    gained: dict[str, Counter[str]],
    spent: Counter[str],
    calls: Counter[str],
    there: Counter[str],
) -> None:
    print(
        f"{'pass':>16} {'calls':>6} {'ms/call':>8} {'points':>7} {'points/s':>9}  kinds"
    )
    for name, by_kind in gained.items():
        points = {kind: 100 * by_kind[kind] / there[kind] for kind in there}
        mean = sum(points.values()) / len(points)
        seconds = spent[name] / 1000
        best = sorted(points, key=lambda kind: -points[kind])[:3]
        listed = ", ".join(
            f"{kind} +{points[kind]:.0f}" for kind in best if points[kind]
        )
        print(
            f"{name:>16} {calls[name]:>6} {spent[name] / max(1, calls[name]):>8.1f}"
            f" {mean:>7.1f} {mean / max(seconds, 1e-9):>9.2f}  {listed}"
        )
