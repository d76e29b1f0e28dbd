"""The hash chain of an order: each link binds an event to all before it."""

from workbay_contract.types import canonical, sha256

GENESIS = "0" * 64


def link(
    prev: str, order: int, index: int, event: str, occurred_at: int, effect: str
) -> str:
    """The hash of link ``index`` (from 1) of an order's chain.

    :param prev: the hash of the link before, ``GENESIS`` for the first.
    :param event: the SHA-256 of the event's exact bytes.
    :param occurred_at: corrected time in milliseconds since 1970.
    :param effect: ``applied`` or ``held``.
    """
    return sha256(
        b"workbay-chain-v1\n"
        + canonical(
            {
                "at": occurred_at,
                "effect": effect,
                "event": event,
                "index": index,
                "order": order,
                "prev": prev,
            }
        )
    )
