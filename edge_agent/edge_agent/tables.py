"""The outbox's tables, and an engine whose commits survive a power cut."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Connection,
    Engine,
    UniqueConstraint,
    create_engine,
    event,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.sql.expression import ClauseElement

from workbay_contract.batch import GENESIS


class Base(DeclarativeBase):
    pass


class EventRow(Base):
    """An event as recorded; its outcome's columns are empty until it is final."""

    __tablename__ = "events"

    seq: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[str] = mapped_column(unique=True)
    data: Mapped[bytes]
    order_id: Mapped[int | None]
    job: Mapped[int | None]
    node: Mapped[str | None]
    person: Mapped[int | None]
    reason: Mapped[str | None]
    photos: Mapped[int] = mapped_column(default=0)
    shown: Mapped[dict[str, Any]] = mapped_column(JSON)
    recorded_at: Mapped[int]
    result: Mapped[str | None] = mapped_column(index=True)
    effect: Mapped[str | None]
    code: Mapped[str | None]
    params: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    answered_at: Mapped[int | None]


class BatchRow(Base):
    """The batch that is on its way; at most one."""

    __tablename__ = "batch"
    __table_args__ = (CheckConstraint("id = 1", name="batch_single"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    seal: Mapped[str]
    first: Mapped[int]
    last: Mapped[int]
    prev: Mapped[str]
    payload: Mapped[bytes]


class MetaRow(Base):
    """Where this device stands: numbers given, and what Odoo has settled."""

    __tablename__ = "meta"
    __table_args__ = (CheckConstraint("id = 1", name="meta_single"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    device: Mapped[str]
    allocated: Mapped[int] = mapped_column(default=0)
    last_seq: Mapped[int] = mapped_column(default=0)
    last_seal: Mapped[str] = mapped_column(default=GENESIS)


class MediaRow(Base):
    """A photo that an event names. ``waiting``: for the event's outcome; ``ready``:
    to be uploaded; then ``uploaded``, ``rejected`` with its event, or ``quarantined``
    because the bridge will never take it. One that was not kept has its reason from
    the start, and is gone once Odoo has heard it."""

    __tablename__ = "media"

    id: Mapped[int] = mapped_column(primary_key=True)  # the order of upload
    sha256: Mapped[str] = mapped_column(unique=True)
    size: Mapped[int]
    type: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    # The uuid, not the sequence: that one may have to be given anew.
    event: Mapped[str] = mapped_column(index=True)
    reason: Mapped[str | None]


class BoardRow(Base):
    """The newest board, as signed by Odoo."""

    __tablename__ = "board"
    __table_args__ = (CheckConstraint("id = 1", name="board_single"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    version: Mapped[int]
    message: Mapped[bytes]


class IssueRow(Base):
    """An event rejected or held, until a board made later lists or clears it."""

    __tablename__ = "issues"

    uuid: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int]
    order_id: Mapped[int | None]
    job: Mapped[int | None]
    node: Mapped[str | None]
    person: Mapped[int | None]
    shown: Mapped[dict[str, Any]] = mapped_column(JSON)
    recorded_at: Mapped[int]
    result: Mapped[str]
    code: Mapped[str | None]
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    answered_at: Mapped[int]


class CheckpointRow(Base):
    """A checkpoint of Odoo's, as it came; never changed and never deleted.

    ``agrees``: it does not contradict what was held when it came.
    """

    __tablename__ = "checkpoints"
    __table_args__ = (UniqueConstraint("number", "hash", name="checkpoint_once"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    hash: Mapped[str]
    agrees: Mapped[bool]
    message: Mapped[bytes]


_KEPT = """
CREATE TRIGGER IF NOT EXISTS checkpoints_no_{what} BEFORE {what} ON checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints are kept as they came'); END
"""


def open_engine(path: Path) -> Engine:
    """An engine on the file ``path``, with its tables.

    Connections with the execution option ``write`` take the write lock at once, so
    that what they read cannot be overtaken before they write.
    """
    engine = create_engine(f"sqlite:///{path}", pool_size=2)

    @event.listens_for(engine, "connect")
    def _survive_power_cuts(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver would begin too late
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA busy_timeout=10000")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("write", False)
        # By the driver itself: it is said for every event, and there is no result.
        driver_of(connection).execute("BEGIN IMMEDIATE" if write else "BEGIN")

    Base.metadata.create_all(engine.execution_options(write=True))
    with engine.execution_options(write=True).begin() as db:
        for what in ("UPDATE", "DELETE"):
            db.exec_driver_sql(_KEPT.format(what=what))
    return engine


def driver_of(connection: Connection) -> sqlite3.Connection:
    return cast(sqlite3.Connection, connection.connection.driver_connection)


@contextmanager
def transaction(connection: Connection) -> Iterator[sqlite3.Connection]:
    """A write transaction of the driver's own, for what is said with every event.

    SQLAlchemy's costs as much again as all that SQLite does in it.

    :raises DBAPIError: as ``connection`` would.
    """
    driver = driver_of(connection)
    try:
        with driver:
            driver.execute("BEGIN IMMEDIATE")
            yield driver
    except sqlite3.Error as error:
        raise DBAPIError.instance("", None, error, sqlite3.Error) from error


def driver_text(statement: ClauseElement) -> str:
    """A statement for the driver itself, with named parameters; JSON is text there."""
    return str(statement.compile(dialect=sqlite.dialect(paramstyle="named")))
