"""The MQTT topics: ``workbay/v1/<partition>/<bay>/<leaf>``."""

from typing import Literal, get_args
from uuid import UUID

from workbay_contract.errors import MalformedError
from workbay_contract.types import Message, Partition

Leaf = Literal["events", "state", "outcomes", "board", "commands"]

ROOT = "workbay/v1"
UPLINK: tuple[Leaf, ...] = ("events", "state")
DOWNLINK: tuple[Leaf, ...] = ("outcomes", "board", "commands")


class Topic(Message):
    """One topic of one bay."""

    partition: Partition
    bay: UUID
    leaf: Leaf

    def __str__(self) -> str:
        return f"{ROOT}/{self.partition}/{self.bay}/{self.leaf}"

    @classmethod
    def parse(cls, text: str) -> "Topic":
        """Read a topic as received.

        :raises MalformedError: it is none of ours.
        """
        parts = text.split("/")
        if len(parts) != 5 or "/".join(parts[:2]) != ROOT:
            raise MalformedError(text[:200])
        _, _, partition, bay, leaf = parts
        try:
            topic = cls(
                partition=int(partition),
                bay=UUID(bay),
                leaf=next(known for known in get_args(Leaf) if known == leaf),
            )
        except (ValueError, StopIteration) as error:
            raise MalformedError(text[:200]) from error
        if str(topic) != text:  # "07", "{uuid}": one bay, one spelling
            raise MalformedError(text[:200])
        return topic


def bridge_filters(partition: int) -> list[str]:
    """What a bridge subscribes to for a partition that it holds."""
    return [f"{ROOT}/{partition}/+/{leaf}" for leaf in UPLINK]
