"""Corrected time: Odoo's clock, reached over the bay's monotonic one."""

from datetime import datetime
from typing import NamedTuple

from workbay_contract.events import EventTime


class Corrected(NamedTuple):
    """An instant in milliseconds since 1970, and whether to doubt it."""

    at: int
    doubtful: bool


def wall_ms(wall: datetime) -> int:
    return round(wall.timestamp() * 1000)


def corrected(time: EventTime, offset: int | None, received: int) -> Corrected:
    """When the event happened, by the server's clock.

    :param offset: server time minus the boot's monotonic time, both in milliseconds,
        as paired by a ``hello`` of that boot; None when that boot never met the server.
    :param received: server time at which the event came in; nothing happened later.
    """
    if offset is not None:
        # A unit may say any number at all; none leads to a time before 1970.
        at = max(0, min(time.mono + offset, received))
        return Corrected(at=at, doubtful=False)
    return Corrected(at=min(wall_ms(time.wall), received), doubtful=not time.synced)
