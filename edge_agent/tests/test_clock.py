from uuid import UUID

from edge_agent.clock import FakeClock, SystemClock, event_time
from edge_agent.server_time import ServerTime


def test_the_systems_clocks_run() -> None:
    clock = SystemClock()
    before = clock.mono_ms()
    time = event_time(clock)
    assert before <= time.mono <= clock.mono_ms()
    assert time.wall.utcoffset() is not None
    assert time.boot == SystemClock().boot()
    assert isinstance(time.synced, bool)


def test_server_time_is_not_known_before_odoo_was_met() -> None:
    clock = FakeClock()
    time = ServerTime(clock)
    assert time.known() is None
    assert time.best() == round(clock.wall().timestamp() * 1000)
    clock.is_synced = False
    assert time.trusted() is None


def test_our_events_are_placed_by_odoos_clock_not_by_ours() -> None:
    clock = FakeClock()
    time = ServerTime(clock)
    happened = event_time(clock)
    clock.advance(10)
    time.pair(5_000_000, clock.mono_ms())
    assert time.of(happened) == 4_990_000
    of_another_boot = happened.model_copy(update={"boot": UUID(int=9)})
    assert time.of(of_another_boot) == 5_000_000  # nothing happened later than now
