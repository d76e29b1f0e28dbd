"""A Merkle tree over chain heads, in the shape of RFC 6962.

Leaves and inner nodes are hashed with different first bytes, so that neither can pass
for the other. An odd node at the end of a level is carried up as it is.
"""

import hashlib
from collections.abc import Sequence

from workbay_contract.types import canonical

EMPTY = hashlib.sha256(b"").hexdigest()
"""The root over no leaves at all."""


def order_leaf(order: int, count: int, head: str) -> str:
    """The leaf of an order whose chain had ``count`` links and ended in ``head``."""
    return _leaf({"count": count, "head": head, "order": order})


def device_leaf(device: str, seq: int, seal: str) -> str:
    """The leaf of a device that had sealed up to ``seq``, lastly with ``seal``."""
    return _leaf({"device": device, "seal": seal, "seq": seq})


def root(leaves: Sequence[str]) -> str:
    """The root over these leaves in this order."""
    return _levels(leaves)[-1][0] if leaves else EMPTY


def path(leaves: Sequence[str], position: int) -> tuple[str, ...]:
    """The siblings from leaf ``position`` (from 0) up to the root."""
    siblings = []
    for level in _levels(leaves)[:-1]:
        sibling = position ^ 1
        if sibling < len(level):
            siblings.append(level[sibling])
        position //= 2
    return tuple(siblings)


def climb(leaf: str, position: int, count: int, siblings: Sequence[str]) -> str:
    """The root to which a leaf leads over its siblings.

    :raises ValueError: these are not the siblings of such a leaf.
    """
    if not 0 <= position < count:
        raise ValueError("no such leaf")
    rest = list(siblings)
    node = leaf
    while count > 1:
        if position % 2 or position + 1 < count:
            if not rest:
                raise ValueError("a sibling is missing")
            sibling = rest.pop(0)
            node = _node(sibling, node) if position % 2 else _node(node, sibling)
        position, count = position // 2, (count + 1) // 2
    if rest:
        raise ValueError("a sibling too many")
    return node


def _leaf(values: dict[str, int | str]) -> str:
    return hashlib.sha256(b"\x00" + canonical(values)).hexdigest()


def _node(left: str, right: str) -> str:
    both = b"\x01" + bytes.fromhex(left) + bytes.fromhex(right)
    return hashlib.sha256(both).hexdigest()


def _levels(leaves: Sequence[str]) -> list[list[str]]:
    levels = [list(leaves)]
    while len(level := levels[-1]) > 1:
        above = [
            _node(left, right)
            for left, right in zip(level[::2], level[1::2], strict=False)
        ]
        if len(level) % 2:
            above.append(level[-1])
        levels.append(above)
    return levels
