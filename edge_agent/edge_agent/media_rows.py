"""Which photos and videos the bay's events name, and how far each has come."""

import sqlite3
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from typing import Literal, NamedTuple

from sqlalchemy import (
    Connection,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from edge_agent.changes import Changes
from edge_agent.tables import MediaRow, driver_text
from workbay_contract.events import NodeEvent
from workbay_contract.media import LOST, NO_ROOM

Database = Callable[[], AbstractContextManager[Connection]]


class Photo(NamedTuple):
    """A photo or video to upload, with the UUID of the event that names it.

    :ivar size: in bytes, as the event says.
    :ivar reason: why there is nothing to upload, known since its event.
    """

    sha256: str
    type: str
    event: str
    size: int
    reason: str | None


class Stuck(NamedTuple):
    """A photo or video that Odoo will not get; its event is there.

    :ivar reason: a key of ``wording.WORDING``.
    :ivar event: the UUID of the event that names it.
    """

    sha256: str
    type: str
    reason: str
    event: str


class MediaRows:
    """Part of the outbox: a photo's row is written with the event that names it."""

    def __init__(self, read: Database, write: Database, changes: Changes) -> None:
        self._read = read
        self._write = write
        self._changes = changes

    def expect(
        self,
        driver: sqlite3.Connection,
        event: NodeEvent,
        not_kept: Collection[str] = (),
    ) -> None:
        """The event's photos are known from here on and wait for its outcome.

        :param not_kept: hashes of those for which there was no room; Odoo is told so,
            once it knows the event.
        """
        driver.executemany(
            _EXPECT,
            [
                {
                    "sha256": media.sha256,
                    "size": media.size,
                    "type": media.type,
                    "state": "waiting",
                    "event": str(event.uuid),
                    "reason": NO_ROOM if media.sha256 in not_kept else None,
                }
                for media in event.media
            ],
        )

    def settle(self, driver: sqlite3.Connection, accepted: dict[str, bool]) -> None:
        """Photos follow the outcome of their event.

        :param accepted: by the event's UUID.
        """
        driver.executemany(
            _SETTLE,
            [
                {"of": uuid, "state": "ready" if is_accepted else "rejected"}
                for uuid, is_accepted in accepted.items()
            ],
        )

    def counts(self, db: Connection) -> dict[str, int]:
        """How many there are by state."""
        rows = db.execute(select(MediaRow.state, func.count()).group_by(MediaRow.state))
        return dict(rows.tuples().all())

    def next(self, skip: Iterable[str] = ()) -> Photo | None:
        """The oldest photo whose event is accepted and that is not uploaded; first
        those of which there is only to say that they will not come."""
        with self._read() as db:
            row = db.execute(
                select(
                    MediaRow.sha256,
                    MediaRow.type,
                    MediaRow.event,
                    MediaRow.size,
                    MediaRow.reason,
                )
                .where(MediaRow.state == "ready", MediaRow.sha256.not_in(list(skip)))
                .order_by(MediaRow.reason.is_(None), MediaRow.id)
                .limit(1)
            ).first()
        return row and Photo(*row)

    def known(self) -> dict[str, str]:
        """The state of every photo that an event names, by its hash."""
        with self._read() as db:
            rows = db.execute(select(MediaRow.sha256, MediaRow.state))
            return dict(rows.tuples().all())

    def stuck(self, limit: int = 20) -> list[Stuck]:
        """What will not get to Odoo, the newest first."""
        with self._read() as db:
            rows = db.execute(
                select(MediaRow.sha256, MediaRow.type, MediaRow.reason, MediaRow.event)
                .where(MediaRow.state == "quarantined")
                .order_by(MediaRow.id.desc())
                .limit(limit)
            )
            return [
                Stuck(sha, kind, why or LOST, uuid) for sha, kind, why, uuid in rows
            ]

    def mark(
        self,
        sha256: str,
        state: Literal["uploaded", "quarantined"],
        reason: str | None = None,
    ) -> None:
        with self._write() as db:
            db.execute(
                update(MediaRow)
                .where(MediaRow.sha256 == sha256)
                .values(state=state, reason=reason)
            )
        self._changes.bump()

    def told(self, sha256: str) -> None:
        """Odoo has heard that it was not kept: nothing of it is here any more.

        Whoever took it was told then. What was kept of it since stays.
        """
        with self._write() as db:
            db.execute(
                delete(MediaRow).where(
                    MediaRow.sha256 == sha256,
                    MediaRow.state == "ready",
                    MediaRow.reason.is_not(None),
                )
            )
        self._changes.bump()

    def forget(self, sha256: str) -> None:
        """Its file was deleted to make room."""
        with self._write() as db:
            db.execute(delete(MediaRow).where(MediaRow.sha256 == sha256))


_NEW = insert(MediaRow).values(
    {
        name: bindparam(name)
        for name in ("sha256", "size", "type", "state", "event", "reason")
    }
)
_IS_READY = MediaRow.state == literal_column("'ready'")
"""Another event named the same picture already, and was accepted."""
_EXPECT = driver_text(
    _NEW.on_conflict_do_update(
        index_elements=[MediaRow.sha256],
        set_={
            "state": case((_IS_READY, MediaRow.state), else_=_NEW.excluded.state),
            "event": case((_IS_READY, MediaRow.event), else_=_NEW.excluded.event),
            "reason": _NEW.excluded.reason,
        },
        where=MediaRow.state != literal_column("'uploaded'"),
    )
)
_SETTLE = driver_text(
    update(MediaRow)
    .where(
        MediaRow.event == bindparam("of"), MediaRow.state == literal_column("'waiting'")
    )
    .values(state=bindparam("state"))
)
