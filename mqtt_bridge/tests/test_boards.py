"""Which boards are asked for, and when they go out."""

import threading
from typing import Any
from uuid import UUID

import pytest

from mqtt_bridge.boards import FIRST_SLICE, Boards
from mqtt_bridge.odoo import Board

STOPPED = threading.Event()
STOPPED.set()


class Office:
    """Plays Odoo, the brokers and the leases at once."""

    ready = 1

    def __init__(self) -> None:
        self.held = frozenset(range(64))
        self.polls: list[tuple[frozenset[int], dict[str, int]]] = []
        self.newer: tuple[Board, ...] = ()
        self.published: list[int] = []

    def poll_boards(self, partitions: Any, published: Any) -> tuple[Board, ...]:
        self.polls.append((frozenset(partitions), dict(published)))
        return self.newer

    def publish_board(self, board: Board) -> bool:
        self.published.append(board.version)
        return bool(self.ready)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def boards(office: Any, clock: Clock) -> Boards:
    return Boards(office, office, office, clock)


def board(version: int, partition: int = 7) -> Board:
    return Board(
        device="dev-one-0001",
        bay=UUID(int=1),
        partition=partition,
        version=version,
        message="",
    )


def test_new_partitions_are_asked_for_in_slices(boards: Boards, office: Office) -> None:
    for _ in range(64 // FIRST_SLICE + 1):
        boards._poll(STOPPED)
    asked = [partitions for partitions, _published in office.polls]
    assert [len(each) for each in asked] == [FIRST_SLICE] * 8 + [64]
    assert frozenset().union(*asked[:-1]) == office.held


def test_odoo_is_told_what_was_published_or_waits(
    boards: Boards, office: Office
) -> None:
    office.held = frozenset({7})
    boards.offer(board(3))
    boards._poll(STOPPED)
    boards._publish(STOPPED)
    boards._poll(STOPPED)
    assert [published for _partitions, published in office.polls] == [
        {"dev-one-0001": 3}
    ] * 2


def test_a_bay_gets_one_board_a_second_and_the_newest(
    boards: Boards, office: Office, clock: Clock
) -> None:
    boards.offer(board(1))
    boards._publish(STOPPED)
    for version in (2, 4, 3):
        boards.offer(board(version))
    boards._publish(STOPPED)
    assert office.published == [1]
    clock.now += 1
    boards._publish(STOPPED)
    assert office.published == [1, 4]


def test_a_board_that_its_bay_asks_for_goes_out_again(
    boards: Boards, office: Office, clock: Clock
) -> None:
    for _ in range(2):
        boards.offer(board(1))
        boards._publish(STOPPED)
        clock.now += 1
    assert office.published == [1, 1]


def test_lost_partitions_get_no_board(boards: Boards, office: Office) -> None:
    boards.offer(board(1))
    office.held = frozenset({8})
    boards._publish(STOPPED)
    assert office.published == []


def test_what_no_broker_took_counts_as_not_published(
    boards: Boards, office: Office
) -> None:
    office.held = frozenset({7})
    office.ready = 0
    boards.offer(board(1))
    boards._publish(STOPPED)
    office.ready = 1
    boards._poll(STOPPED)
    assert office.polls[-1][1] == {}


def test_a_partition_that_comes_back_starts_anew(
    boards: Boards, office: Office
) -> None:
    office.held = frozenset({7})
    boards.offer(board(1))
    boards._publish(STOPPED)
    boards.hold(frozenset())
    boards.hold(frozenset({7}))
    boards._poll(STOPPED)
    assert office.polls[-1][1] == {}
