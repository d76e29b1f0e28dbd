from edge_agent.brokers import Brokers
from edge_agent.identity import Broker
from edge_agent.settings import Timers

ONE, TWO = Broker(host="one"), Broker(host="two")


def brokers() -> Brokers:
    return Brokers([ONE, TWO], Timers(), uniform=lambda low, high: low)


def test_a_broker_that_fails_is_followed_by_the_next_at_once() -> None:
    list_ = brokers()
    assert list_.choose(0) == ONE
    list_.lost(ONE, was_up=False, now=0)
    assert list_.next_at(0) == 0
    assert list_.choose(0) == TWO


def test_after_all_have_failed_the_wait_doubles() -> None:
    list_, waits, now = brokers(), [], 0.0
    for _ in range(9):
        for broker in (ONE, TWO):
            assert list_.choose(now) == broker
            list_.lost(broker, was_up=False, now=now)
        waits.append(list_.next_at(now) - now)
        now = list_.next_at(now)
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_lost_connection_is_followed_by_the_next_broker() -> None:
    list_ = brokers()
    list_.connected(list_.choose(0), 0)
    list_.lost(ONE, was_up=True, now=5)
    assert list_.next_at(5) == 5
    assert list_.choose(5) == TWO


def test_the_preferred_broker_is_looked_at_ever_less_often() -> None:
    list_ = brokers()
    list_.connected(TWO, 0)
    waits, now = [], 0.0
    for _ in range(6):
        at = list_.prefer_at
        assert at is not None
        waits.append(at - now)
        now = at
        list_.prefer_failed(now)
    assert waits == [60, 60, 120, 240, 480, 600]
    list_.connected(ONE, now)
    assert list_.prefer_at is None


def test_a_broker_that_does_not_admit_us_is_asked_once_a_minute() -> None:
    list_ = brokers()
    for broker in (ONE, TWO):
        assert list_.choose(0) == broker
        list_.not_authorized(broker, 0)
        list_.lost(broker, was_up=False, now=0)
    assert list_.none_admits(59.9)
    assert list_.next_at(1) == 60
    assert not list_.none_admits(60)


def test_one_that_admits_us_is_asked_past_one_that_does_not() -> None:
    list_ = brokers()
    list_.not_authorized(ONE, 0)
    assert not list_.none_admits(0)
    assert list_.choose(0) == TWO
    list_.lost(TWO, was_up=False, now=0)
    assert list_.choose(1) == TWO
