"""The same seed brings the same faults, and every kind often enough."""

from collections import Counter

from tests.faults.families import KINDS
from tests.faults.schedule import EACH_AT_LEAST, Lanes, digest, plan

LANES = Lanes(("bay-0", "bay-1"), ("bay-2",), ("bay-3",))


def test_a_seed_has_one_schedule() -> None:
    first = plan(7, 300, LANES, sorted(KINDS))
    assert first == plan(7, 300, LANES, sorted(KINDS))
    assert digest(first) != digest(plan(8, 300, LANES, sorted(KINDS)))


def test_every_kind_comes_often_and_where_it_can() -> None:
    planned = plan(7, 300, LANES, sorted(KINDS))
    counted = Counter(fault.kind for faults in planned.values() for fault in faults)
    assert set(counted) == set(KINDS)
    assert min(counted.values()) >= EACH_AT_LEAST
    assert counted.total() >= 300
    for lane, faults in planned.items():
        for fault in faults:
            assert lane in LANES.of(KINDS[fault.kind].lane)
