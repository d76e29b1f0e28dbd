"""Which batches go together to Odoo."""

import threading
import time
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mqtt_bridge.ingest_queue import (
    MAX_AGE,
    Bay,
    IngestQueue,
    Limits,
    count_events,
    count_waiting,
)
from workbay_contract.batch import GENESIS, seal_batch

KEY = Ed25519PrivateKey.generate()


def bay(number: int, partition: int = 1) -> Bay:
    return Bay(partition, UUID(int=number))


def batch(events: int = 1, waiting: int = 0, first: int = 1, text: str = "{}") -> bytes:
    return seal_batch(
        KEY, "dev-one-0001", first, GENESIS, [text.encode()] * events, waiting
    ).encode()


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> IngestQueue:
    return IngestQueue(Limits(), clock)


def numbers(call: list) -> list[int]:
    return [waiting.bay.bay.int for waiting in call]


def test_one_call_carries_all_bays_that_came_in(queue: IngestQueue) -> None:
    for number in (1, 2, 3):
        queue.offer(bay(number), batch(), 0)
    assert numbers(queue.take(0)) == [1, 2, 3]
    assert queue.take(0) == []


def test_a_bay_has_one_call_in_flight(queue: IngestQueue) -> None:
    queue.offer(bay(1), batch(), 0)
    call = queue.take(0)
    queue.offer(bay(1), batch(first=2), 0)
    queue.offer(bay(2), batch(), 0)
    assert numbers(queue.take(0)) == [2]
    queue.settle(call)
    assert numbers(queue.take(0)) == [1]


def test_a_payload_sent_again_is_not_doubled(queue: IngestQueue) -> None:
    payload = batch()
    queue.offer(bay(1), payload, 0)
    queue.offer(bay(1), payload, 0)
    call = queue.take(0)
    assert numbers(call) == [1]
    queue.offer(bay(1), payload, 1)
    assert call[0].broker == 1  # the answer goes where the bay was heard last
    queue.settle(call)
    assert queue.take(0) == []
    assert (queue.batches, queue.bytes, queue.in_flight) == (0, 0, 0)


def test_a_newer_payload_replaces_an_older_one(queue: IngestQueue) -> None:
    newer = batch(first=2)
    queue.offer(bay(1), batch(), 0)
    queue.offer(bay(1), newer, 0)
    assert [waiting.payload for waiting in queue.take(0)] == [newer]


def test_a_bay_that_asks_again_keeps_its_place(queue: IngestQueue) -> None:
    payload = batch()
    queue.offer(bay(1), payload, 0)
    queue.offer(bay(2), batch(), 0)
    queue.offer(bay(1), payload, 1)
    call = queue.take(0)
    assert numbers(call) == [1, 2]
    assert call[0].broker == 1


def test_calls_gather_while_another_is_out(clock: Clock) -> None:
    queue = IngestQueue(Limits(), clock)
    queue.offer(bay(1), batch(), 0)
    call = queue.take(0)
    clock.now += 0.2
    queue.settle(call)  # so long do calls take
    queue.offer(bay(1), batch(first=2), 0)
    assert numbers(queue.take(0)) == [1]  # nothing is out: at once

    taken: list[list[int]] = []
    taker = threading.Thread(target=lambda: taken.append(numbers(queue.take(5))))
    queue.offer(bay(2), batch(), 0)
    taker.start()
    time.sleep(0.1)
    assert taken == []
    clock.now += 0.1
    queue.offer(bay(3), batch(), 0)
    taker.join(2)
    assert taken == [[2, 3]]


def test_enough_events_do_not_wait_for_more(queue: IngestQueue, clock: Clock) -> None:
    queue.offer(bay(1), batch(), 0)
    call = queue.take(0)
    clock.now += 10
    queue.settle(call)
    queue.offer(bay(1), batch(first=2), 0)
    queue.take(0)
    queue.offer(bay(2), batch(100), 0)
    queue.offer(bay(3), batch(100), 0)
    assert numbers(queue.take(0)) == [2, 3]


def test_live_bays_go_before_backlog(queue: IngestQueue) -> None:
    queue.offer(bay(1), batch(100, waiting=5000), 0)
    queue.offer(bay(2), batch(100, waiting=100), 0)
    assert numbers(queue.take(0)) == [2, 1]


def test_a_call_holds_at_most_two_hundred_backlog_events(queue: IngestQueue) -> None:
    for number in range(1, 6):
        queue.offer(bay(number), batch(100, waiting=101), 0)
    assert numbers(queue.take(0)) == [1, 2]
    assert numbers(queue.take(0)) == [3, 4]


def test_a_call_holds_at_most_a_thousand_events(queue: IngestQueue) -> None:
    for number in range(1, 13):
        queue.offer(bay(number), batch(100), 0)
    assert len(queue.take(0)) == 10
    assert numbers(queue.take(0)) == [11, 12]


def test_a_call_is_bounded_in_bytes(clock: Clock) -> None:
    queue = IngestQueue(Limits(bytes=200_000), clock)
    payload = batch(9, text="x" * 13_000)
    for number in (1, 2):
        queue.offer(bay(number), payload, 0)
    assert numbers(queue.take(0)) == [1]


def test_the_queue_is_bounded_and_a_bay_in_it_may_renew(clock: Clock) -> None:
    payload = batch()
    queue = IngestQueue(Limits(queue_bytes=len(payload)), clock)
    assert queue.offer(bay(1), payload, 0)
    assert not queue.offer(bay(2), payload, 0)
    assert queue.offer(bay(1), payload, 0)


def test_what_failed_waits_again(queue: IngestQueue) -> None:
    queue.offer(bay(1), batch(), 0)
    queue.give_back(queue.take(0), suspect=False)
    assert numbers(queue.take(0)) == [1]


def test_what_failed_gives_way_to_a_newer_batch(queue: IngestQueue) -> None:
    newer = batch(first=2)
    queue.offer(bay(1), batch(), 0)
    call = queue.take(0)
    queue.offer(bay(1), newer, 0)
    queue.give_back(call, suspect=False)
    assert [waiting.payload for waiting in queue.take(0)] == [newer]


def test_a_poisoned_batch_ends_up_alone_and_then_outside(queue: IngestQueue) -> None:
    for number in (1, 2, 3):
        queue.offer(bay(number), batch(), 0)
    queue.give_back(queue.take(0), suspect=True)
    for number in (1, 2, 3):
        call = queue.take(0)
        assert numbers(call) == [number]
        if number == 2:
            queue.give_back(call, suspect=True)
        else:
            queue.settle(call)
    assert queue.batches == 0
    queue.offer(bay(2), batch(), 0)
    queue.offer(bay(3), batch(), 0)
    assert sorted(numbers(queue.take(0)) + numbers(queue.take(0))) == [2, 3]


def test_nothing_is_kept_for_ever(queue: IngestQueue, clock: Clock) -> None:
    queue.offer(bay(1), batch(), 0)
    clock.now += MAX_AGE + 1
    assert queue.take(0) == []
    assert queue.bytes == 0


def test_batches_of_lost_partitions_are_forgotten(queue: IngestQueue) -> None:
    queue.offer(bay(1, partition=1), batch(), 0)
    queue.offer(bay(2, partition=2), batch(), 0)
    queue.hold({2})
    assert numbers(queue.take(0)) == [2]


@pytest.mark.parametrize("events", [1, 2, 100])
@pytest.mark.parametrize(
    "text", ["{}", '{"a":"b","c":"d"}', '","', '"\\",\\"', '["x","y"]\\']
)
def test_events_are_counted_without_reading_them(events: int, text: str) -> None:
    assert count_events(batch(events, text=text)) == events


@pytest.mark.parametrize("waiting", [0, 100, 101, 123456])
def test_waiting_is_read_from_the_end(waiting: int) -> None:
    payload = batch(2, waiting=waiting, text='{"waiting":999}')
    assert count_waiting(payload) == waiting


@pytest.mark.parametrize("payload", [b"", b"\xff" * 99, b"{}", b'"waiting":-1}'])
def test_nonsense_counts_as_one_live_event(payload: bytes) -> None:
    assert (count_events(payload), count_waiting(payload)) == (1, 0)
