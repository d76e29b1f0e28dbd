"""The bay's memory: what was recorded and what Odoo said to it.

An event is *recorded* once ``record`` has returned: it is committed to the disk. It is
forgotten only after Odoo's final, signed outcome.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Literal, NamedTuple
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import (
    Connection,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from edge_agent import outbox_statements as sql
from edge_agent.changes import Changes
from edge_agent.checkpoint_rows import CheckpointRows
from edge_agent.errors import OutboxError
from edge_agent.identity import Identity
from edge_agent.media_rows import MediaRows
from edge_agent.tables import (
    BatchRow,
    BoardRow,
    EventRow,
    IssueRow,
    MetaRow,
    open_engine,
    transaction,
)
from edge_agent.write_log import copy_log, make_room
from workbay_contract import steps
from workbay_contract.answers import Outcome, Outcomes
from workbay_contract.batch import seal_batch
from workbay_contract.board import Board, read_board
from workbay_contract.checkpoint import Held, seal_held
from workbay_contract.clock import wall_ms
from workbay_contract.errors import ContractError
from workbay_contract.events import (
    EventTime,
    GapEvent,
    NodeEvent,
    decode_event,
    encode_event,
)

FILE = "outbox.sqlite"
KEPT_SETTLED = 50
"""Settled events that stay to be shown; older ones are deleted."""

Standing = Literal["in_step", "resend", "behind", "stuck"]


class Recorded(NamedTuple):
    """An event that is on the disk."""

    uuid: str
    seq: int


@dataclass(frozen=True)
class OpenBatch:
    """The batch that is on its way, in its exact bytes."""

    seal: str
    first: int
    last: int
    payload: bytes


@dataclass(frozen=True)
class Position:
    """What a hello tells: the last sequence sealed, its seal, the board held."""

    last_seq: int
    last_seal: str
    board: int


@dataclass(frozen=True)
class Final:
    """An event that became final."""

    uuid: str
    result: str
    code: str | None


@dataclass(frozen=True)
class Settled:
    """What an outcome list did; ``closed``: nothing of the batch is left."""

    finals: tuple[Final, ...] = ()
    closed: bool = False


@dataclass(frozen=True)
class Counts:
    """What is at this bay only.

    :ivar contradicted: number of a checkpoint that contradicts what is held here.
    """

    events: int
    media: int
    media_stuck: int
    contradicted: int | None = None


class _Waiting(NamedTuple):
    """An event of the open batch without final outcome."""

    seq: int
    uuid: str
    photos: int


class Outbox:
    """Safe from any thread; one instance per data folder.

    :ivar floor_version: grows whenever ``board`` or ``not_on_board`` may give something
        else; most other changes are of what is shown beside them.
    """

    def __init__(self, path: Path, identity: Identity) -> None:
        """:raises OutboxError: it is another device's, or not readable."""
        self.changes = Changes()
        self._device = identity.device
        self._key = identity.key
        self._lock = Lock()
        self._path = path
        self.floor_version = 1
        self._counting = Lock()
        try:
            self._engine = open_engine(path)
            # One connection writes, kept: fetching one each time costs a third of it.
            self._writer = self._engine.connect().execution_options(write=True)
            with self._write() as db:
                owner = db.scalar(select(MetaRow.device))
                if owner is None:
                    db.execute(insert(MetaRow), {"id": 1, "device": self._device})
                    owner = self._device
        except DatabaseError as error:
            raise OutboxError(
                f"{path} cannot be used ({error.orig}); check the disk, or move the "
                "file away and enrol this bay anew."
            ) from error
        if owner != self._device:
            raise OutboxError(
                f"{path} belongs to {owner}, not to {self._device}; move it away."
            )
        self.media = MediaRows(self._read, self._write, self.changes)
        self.checkpoints = CheckpointRows(self._read)
        self._board = self._load_board((identity.odoo, *identity.former))

    def make_room(self) -> None:
        """Before the first tap, for a bay that runs all day; see ``write_log``."""
        make_room(self._engine, self._path)

    def copy_log(self) -> None:
        """Every now and then, so that no tap has to; see ``write_log``."""
        copy_log(self._engine)

    def close(self) -> None:
        with self._lock:
            self._writer.close()
        self._engine.dispose()

    # Recording

    def record(
        self,
        make: Callable[[int], NodeEvent | GapEvent],
        person: int | None = None,
        shown: dict[str, Any] | None = None,
        not_kept: Collection[str] = (),
    ) -> Recorded:
        """Commit the event that ``make`` builds for the next sequence number.

        Its photos are known from here on; upload waits for its outcome.

        :param shown: names to show it by once the board does not know them any more.
        :param not_kept: hashes of its photos for which there was no room.
        :raises OversizeError: the event is too large; no number is spent.
        """
        with self._lock, transaction(self._writer) as driver:
            driver.execute(sql.ALLOCATE)
            [(seq,)] = driver.execute(sql.ALLOCATED)
            event = make(seq)
            if event.seq != seq:
                raise ValueError("the event carries another sequence number")
            values = _values(event, person, shown)
            driver.execute(sql.INSERT_EVENT, values)
            if isinstance(event, NodeEvent):
                self.media.expect(driver, event, not_kept)
            steps.reached("agent.record.before_commit")
        steps.reached("agent.record.after_commit")
        self._floor_changed()
        return Recorded(values["uuid"], seq)

    # Sending

    def position(self) -> Position:
        with self._read() as db:
            meta = db.exec_driver_sql(sql.META).one()
            batch = db.exec_driver_sql(sql.BATCH).one_or_none() or meta
        return Position(
            getattr(batch, "last", meta.last_seq),
            getattr(batch, "seal", meta.last_seal),
            self.board_version,
        )

    def open_batch(self) -> OpenBatch | None:
        """The batch to send: the one on its way, else a new one; None: nothing waits.

        Its bytes are on the disk before they are returned.
        """
        with self._lock, transaction(self._writer) as driver:
            return _on_its_way(driver) or self._seal(driver)

    def _seal(self, driver: sqlite3.Connection) -> OpenBatch | None:
        [(last_seq, last_seal)] = driver.execute(sql.META)
        rows = driver.execute(sql.FIRST_WAITING).fetchall()
        if not rows:
            return None
        if [seq for seq, _data in rows] != [
            last_seq + 1 + index for index in range(len(rows))
        ]:
            raise OutboxError(f"numbers are missing after {last_seq}")
        [(waiting,)] = driver.execute(sql.WAITING)
        sealed = seal_batch(
            self._key,
            self._device,
            last_seq + 1,
            last_seal,
            [data for _seq, data in rows],
            waiting=waiting,
        )
        batch = OpenBatch(sealed.seal, sealed.first, sealed.last, sealed.encode())
        driver.execute(sql.OPEN_BATCH, {"id": 1, "prev": sealed.prev, **vars(batch)})
        steps.reached("agent.seal.before_commit")
        return batch

    # Answers

    def settle(self, answer: Outcomes) -> Settled:
        """Take a verified outcome list; what is no news or not ours changes nothing."""
        with self._lock, transaction(self._writer) as driver:
            batch = _on_its_way(driver)
            if batch is None or batch.seal != answer.seal:
                return Settled()
            finals = {
                outcome.seq: outcome
                for outcome in answer.outcomes
                if outcome.is_final and batch.first <= outcome.seq <= batch.last
            }
            span = {"first": batch.first, "last": batch.last}
            rows = [_Waiting(*row) for row in driver.execute(sql.WAITING_OF, span)]
            news = [(row, finals[row.seq]) for row in rows if row.seq in finals]
            if news:
                self._settle(driver, news, answer.server_time)
            closed = len(news) == len(rows)
            if closed:
                self._close(driver, batch)
            steps.reached("agent.settle.before_commit")
        steps.reached("agent.settle.after_commit")
        if news:
            self._floor_changed()
        return Settled(
            tuple(Final(row.uuid, final.result, final.code) for row, final in news),
            closed,
        )

    def _settle(
        self,
        driver: sqlite3.Connection,
        news: list[tuple[_Waiting, Outcome]],
        server_time: int,
    ) -> None:
        driver.executemany(
            sql.SETTLE_EVENT,
            [
                {
                    "of": row.seq,
                    "result": final.result,
                    "effect": final.effect,
                    "code": final.code,
                    "params": json.dumps(final.params),
                    "answered_at": server_time,
                }
                for row, final in news
            ],
        )
        self.media.settle(
            driver,
            {row.uuid: final.result == "accepted" for row, final in news if row.photos},
        )
        driver.executemany(
            sql.PUT_ISSUE,
            [
                {
                    "of": row.seq,
                    "result": "held" if final.result == "accepted" else "rejected",
                }
                for row, final in news
                if final.result != "accepted" or final.effect == "held"
            ],
        )

    def _close(self, driver: sqlite3.Connection, batch: OpenBatch) -> None:
        driver.execute(sql.MOVE_ON, {"last": batch.last, "seal": batch.seal})
        driver.execute(sql.CLOSE_BATCH)
        oldest = batch.last - KEPT_SETTLED
        if self._board is None:
            driver.execute(sql.FORGET, {"oldest": oldest})
        else:  # what it does not know yet is still folded
            values = {"oldest": oldest, "made_at": self._board.made_at}
            driver.execute(sql.FORGET_KNOWN, values)

    def standing(self, last_seq: int, last_seal: str, refused: bool) -> Standing:
        """How we stand to what Odoo has of us, as a fresh welcome says.

        ``resend``: the open batch may be one that Odoo had before later ones that we
        lost; unless it was ``refused``, sending it again tells. ``behind``: call
        ``continue_above``. ``stuck``: Odoo lost what it had, or we lost everything;
        people have to decide.
        """
        with self._read() as db:
            meta = db.exec_driver_sql(sql.META).one()
            batch = db.exec_driver_sql(sql.BATCH).one_or_none()
            if (last_seq, last_seal) == (meta.last_seq, meta.last_seal):
                return "in_step"
            if batch and (last_seq, last_seal) == (batch.last, batch.seal):
                return "in_step"
            if last_seq <= meta.last_seq:
                return "stuck"
            if batch and batch.last < last_seq and not refused:
                return "resend"
            # Nothing was ever settled here: the outbox itself is gone.
            return "behind" if meta.last_seq else "stuck"

    def continue_above(self, last_seq: int, last_seal: str, time: EventTime) -> None:
        """Our disk lost committed rows: go on above Odoo's number and seal.

        A gap event names what was lost; events recorded since under numbers that Odoo
        has are numbered anew. They keep their UUID, so that one which Odoo does have
        is answered as a conflict and never counted twice. A gap that Odoo has not taken
        yet, because a batch from before the loss was still on its way to it, goes into
        the new one: a loss is told of once.
        """
        with self._write() as db:
            meta = db.exec_driver_sql(sql.META).one()
            final = db.scalar(
                select(func.max(EventRow.seq)).where(EventRow.result.is_not(None))
            )
            waiting = db.execute(
                select(EventRow.seq, EventRow.data, EventRow.person)
                .where(EventRow.result.is_(None))
                .order_by(EventRow.seq)
            ).all()
            events = [(decode_event(row.data), row.person) for row in waiting]
            untold = [each.lost_from for each, _ in events if each.kind == "gap"]
            gap = GapEvent(
                uuid=uuid4(),
                device=self._device,
                seq=last_seq + 1,
                time=time,
                lost_from=min([max(meta.last_seq, final or 0) + 1, *untold]),
                lost_to=last_seq,
            )
            nodes = [each for each in events if each[0].kind != "gap"]
            renumbered = [
                _values(event.model_copy(update={"seq": seq}), person)
                for seq, (event, person) in enumerate(nodes, start=last_seq + 2)
            ]
            db.execute(delete(BatchRow))
            db.execute(delete(EventRow).where(EventRow.result.is_(None)))
            # Their media rows are there already, by UUID.
            for values in (_values(gap), *renumbered):
                db.exec_driver_sql(sql.INSERT_EVENT, values)
            db.execute(
                update(MetaRow).values(
                    last_seq=last_seq,
                    last_seal=last_seal,
                    allocated=last_seq + 1 + len(renumbered),
                )
            )
        self._floor_changed()

    # Board

    @property
    def board(self) -> Board | None:
        return self._board

    @property
    def board_version(self) -> int:
        return self._board.version if self._board else 0

    def store_board(self, message: bytes, board: Board) -> bool:
        """Keep a verified board if it is newer than ours.

        Issues that it is late enough to know are its own to list from here on.
        """
        with self._write() as db:
            if board.version <= self.board_version:
                return False
            db.execute(
                sql.PUT_BOARD, {"id": 1, "version": board.version, "message": message}
            )
            db.execute(delete(IssueRow).where(IssueRow.answered_at <= board.made_at))
            is_news = self.checkpoints.keep(db, board.checkpoints)
        if is_news:
            self.checkpoints.refresh()
        self._board = board
        self._floor_changed()
        return True

    def _floor_changed(self) -> None:
        """After the commit: whoever looks from here on sees what was committed."""
        with self._counting:
            self.floor_version += 1
        self.changes.bump()

    def _load_board(self, odoo: Sequence[Ed25519PublicKey]) -> Board | None:
        with self._read() as db:
            row = db.execute(select(BoardRow.message)).one_or_none()
        if row is None:
            return None
        for key in odoo:  # it may have been signed before Odoo's key was followed
            try:
                return read_board(key, row.message)
            except ContractError:
                continue
        # We were enrolled anew, or the contract changed: ask for a new one.
        with self._write() as db:
            db.execute(delete(BoardRow))
        return None

    # What there is to show

    def not_on_board(self) -> Sequence[EventRow]:
        """Our events that the newest board cannot know yet, in order.

        Those without final outcome, and those accepted after the board was made: else
        a confirmation would vanish from the screen between its outcome and its board.
        """
        made_at = self._board.made_at if self._board else 0
        with self._rows() as session:
            return session.scalars(
                select(EventRow)
                .where(
                    EventRow.job.is_not(None),
                    EventRow.result.is_(None)
                    | (
                        (EventRow.effect == "applied")
                        & (EventRow.answered_at > made_at)
                    ),
                )
                .order_by(EventRow.seq)
            ).all()

    def recent(self, limit: int) -> Sequence[EventRow]:
        """The events recorded last, the newest first."""
        with self._rows() as session:
            return session.scalars(
                select(EventRow)
                .where(EventRow.job.is_not(None))
                .order_by(EventRow.seq.desc())
                .limit(limit)
            ).all()

    def issues(self) -> Sequence[IssueRow]:
        """Events rejected or held that no board lists yet, the newest first."""
        with self._rows() as session:
            return session.scalars(select(IssueRow).order_by(IssueRow.seq.desc())).all()

    def counts(self) -> Counts:
        with self._read() as db:
            events = db.exec_driver_sql(sql.WAITING).scalar_one()
            media = self.media.counts(db)
        return Counts(
            events=events,
            media=media.get("waiting", 0) + media.get("ready", 0),
            media_stuck=media.get("quarantined", 0),
            contradicted=self.checkpoints.contradicted,
        )

    @contextmanager
    def _rows(self) -> Iterator[Session]:
        """To read whole rows, for those who show them."""
        with Session(self._engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with self._engine.connect() as db:
            yield db

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with self._lock, self._writer.begin():
            yield self._writer


def read_held(path: Path, identity: Identity) -> Held:
    """The bay's signed word about the checkpoints it holds; it may run meanwhile.

    :raises OutboxError: the outbox cannot be used.
    """
    outbox = Outbox(path, identity)
    try:
        kept, refused = outbox.checkpoints.held()
    finally:
        outbox.close()
    return seal_held(
        identity.key,
        identity.device,
        identity.bay,
        round(time.time() * 1000),
        kept,
        refused,
    )


def _values(
    event: NodeEvent | GapEvent,
    person: int | None = None,
    shown: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """An event's row, as the driver takes it."""
    values = {
        "seq": event.seq,
        "uuid": str(event.uuid),
        "data": encode_event(event),
        "order_id": None,
        "job": None,
        "node": None,
        "person": person,
        "reason": None,
        "photos": 0,
        "shown": json.dumps(shown or {}),
        "recorded_at": wall_ms(event.time.wall),
    }
    if isinstance(event, NodeEvent):
        values |= {
            "order_id": event.order,
            "job": event.job,
            "node": event.node,
            "reason": event.reason,
            "photos": len(event.media),
        }
    return values


def _on_its_way(driver: sqlite3.Connection) -> OpenBatch | None:
    row = driver.execute(sql.BATCH).fetchone()
    return OpenBatch(*row) if row else None
