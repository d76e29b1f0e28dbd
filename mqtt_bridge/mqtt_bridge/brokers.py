"""All brokers together: a bay is at one of them, and moves without telling."""

from collections.abc import Iterator, Sequence

from mqtt_bridge.broker import Broker
from mqtt_bridge.odoo import Answer, Board
from workbay_contract import state
from workbay_contract.topics import Leaf, Topic


class Brokers:
    """Publishes to a bay wherever it may be."""

    def __init__(self, brokers: Sequence[Broker]) -> None:
        self._brokers = tuple(brokers)

    def __iter__(self) -> Iterator[Broker]:
        return iter(self._brokers)

    def publish_answer(self, answer: Answer, origin: int) -> None:
        topic = _topic(answer, "outcomes")
        for broker in sorted(self._brokers, key=lambda each: each.number != origin):
            broker.publish(topic, answer.message)

    def publish_board(self, board: Board) -> bool:
        """:return: whether any broker took it."""
        topic = _topic(board, "board")
        sent = [broker.publish(topic, board.message) for broker in self._brokers]
        return any(info is not None for info in sent)

    def command(self, number: int, topic: Topic, command: state.Command) -> None:
        self._brokers[number].publish(str(topic), state.encode(command))

    def hold(self, partitions: frozenset[int]) -> None:
        for broker in self._brokers:
            broker.hold(partitions)

    def check(self) -> None:
        for broker in self._brokers:
            broker.check()

    @property
    def ready(self) -> int:
        return sum(broker.ready for broker in self._brokers)


def _topic(to: Answer | Board, leaf: Leaf) -> str:
    return str(Topic(partition=to.partition, bay=to.bay, leaf=leaf))
