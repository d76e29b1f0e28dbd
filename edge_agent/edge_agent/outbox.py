"""The bay's memory: what was recorded and what Odoo said to it.

An event is *recorded* once ``record`` has returned: it is committed to the disk. It is
forgotten only after Odoo's final, signed outcome.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Literal
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from edge_agent.changes import Changes
from edge_agent.errors import OutboxError
from edge_agent.identity import Identity
from edge_agent.tables import (
    BatchRow,
    BoardRow,
    EventRow,
    IssueRow,
    MediaRow,
    MetaRow,
    open_engine,
)
from workbay_contract.answers import Outcome, Outcomes
from workbay_contract.batch import MAX_EVENTS, seal_batch
from workbay_contract.board import Board, read_board
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
    """What is at this bay only."""

    events: int
    media: int
    media_stuck: int


class Outbox:
    """Safe from any thread; one instance per data folder."""

    def __init__(self, path: Path, identity: Identity) -> None:
        """:raises OutboxError: it is another device's, or not readable."""
        self.changes = Changes()
        self._device = identity.device
        self._key = identity.key
        self._lock = Lock()
        try:
            self._engine = open_engine(path)
            self._writing = self._engine.execution_options(write=True)
            with self._write() as session:
                meta = session.get(MetaRow, 1)
                if meta is None:
                    meta = MetaRow(device=self._device)
                    session.add(meta)
                owner = meta.device
        except DatabaseError as error:
            raise OutboxError(
                f"{path} cannot be used ({error.orig}); check the disk, or move the "
                "file away and enrol this bay anew."
            ) from error
        if owner != self._device:
            raise OutboxError(
                f"{path} belongs to {owner}, not to {self._device}; move it away."
            )
        self._board = self._load_board(identity.odoo)

    def close(self) -> None:
        self._engine.dispose()

    # Recording

    def record(
        self,
        make: Callable[[int], NodeEvent | GapEvent],
        person: int | None = None,
        shown: dict[str, Any] | None = None,
    ) -> EventRow:
        """Commit the event that ``make`` builds for the next sequence number.

        :param shown: names to show it by once the board does not know them any more.
        Its photos are known from here on; upload waits for its outcome.

        :raises OversizeError: the event is too large; no number is spent.
        """
        with self._write() as session:
            meta = session.get_one(MetaRow, 1)
            meta.allocated += 1
            event = make(meta.allocated)
            if event.seq != meta.allocated:
                raise ValueError("the event carries another sequence number")
            row = _row(event, person, shown)
            session.add(row)
            if isinstance(event, NodeEvent):
                _add_media(session, event)
        self.changes.bump()
        return row

    # Sending

    def position(self) -> Position:
        with self._read() as session:
            meta = session.get_one(MetaRow, 1)
            batch = session.get(BatchRow, 1)
            last_seq, last_seal = meta.last_seq, meta.last_seal
            if batch is not None:
                last_seq, last_seal = batch.last, batch.seal
        return Position(last_seq, last_seal, self.board_version)

    def open_batch(self) -> OpenBatch | None:
        """The batch to send: the one on its way, else a new one; None: nothing waits.

        Its bytes are on the disk before they are returned.
        """
        with self._read() as session:
            batch = session.get(BatchRow, 1)
            if batch is not None:
                return _open(batch)
            if not session.scalar(_waiting_count()):
                return None
        with self._write() as session:
            batch = session.get(BatchRow, 1) or self._seal(session)
            return _open(batch) if batch is not None else None

    def _seal(self, session: Session) -> BatchRow | None:
        meta = session.get_one(MetaRow, 1)
        rows = session.execute(
            select(EventRow.seq, EventRow.data)
            .where(EventRow.result.is_(None))
            .order_by(EventRow.seq)
            .limit(MAX_EVENTS)
        ).all()
        if not rows:
            return None
        if [row.seq for row in rows] != [
            meta.last_seq + 1 + index for index in range(len(rows))
        ]:
            raise OutboxError(f"numbers are missing after {meta.last_seq}")
        sealed = seal_batch(
            self._key,
            self._device,
            rows[0].seq,
            meta.last_seal,
            [row.data for row in rows],
            waiting=session.scalar(_waiting_count()) or 0,
        )
        batch = BatchRow(
            seal=sealed.seal,
            first=sealed.first,
            last=sealed.last,
            prev=sealed.prev,
            payload=sealed.encode(),
        )
        session.add(batch)
        return batch

    # Answers

    def settle(self, answer: Outcomes) -> Settled:
        """Take a verified outcome list; what is no news or not ours changes nothing."""
        news = []
        with self._write() as session:
            batch = session.get(BatchRow, 1)
            if batch is None or batch.seal != answer.seal:
                return Settled()
            finals = {
                outcome.seq: outcome
                for outcome in answer.outcomes
                if outcome.is_final and batch.first <= outcome.seq <= batch.last
            }
            for row in session.scalars(
                select(EventRow)
                .where(EventRow.seq.in_(finals), EventRow.result.is_(None))
                .order_by(EventRow.seq)
            ):
                _settle_row(session, row, finals[row.seq], answer.server_time)
                news.append(Final(row.uuid, finals[row.seq].result, row.code))
            session.flush()
            closed = not session.scalar(
                _waiting_count().where(EventRow.seq <= batch.last)
            )
            if closed:
                self._close(session, batch)
        if news:
            self.changes.bump()
        return Settled(tuple(news), closed)

    def _close(self, session: Session, batch: BatchRow) -> None:
        meta = session.get_one(MetaRow, 1)
        meta.last_seq, meta.last_seal = batch.last, batch.seal
        session.delete(batch)
        shown = EventRow.seq > batch.last - KEPT_SETTLED
        forget = delete(EventRow).where(EventRow.result.is_not(None), ~shown)
        if self._board is not None:  # what it does not know yet is still folded
            forget = forget.where(EventRow.answered_at <= self._board.made_at)
        session.execute(forget)

    def standing(self, last_seq: int, last_seal: str, refused: bool) -> Standing:
        """How we stand to what Odoo has of us, as a fresh welcome says.

        ``resend``: the open batch may be one that Odoo had before later ones that we
        lost; unless it was ``refused``, sending it again tells. ``behind``: call
        ``continue_above``. ``stuck``: Odoo lost what it had, or we lost everything;
        people have to decide.
        """
        with self._read() as session:
            meta = session.get_one(MetaRow, 1)
            batch = session.get(BatchRow, 1)
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
        is answered as a conflict and never counted twice.
        """
        with self._write() as session:
            meta = session.get_one(MetaRow, 1)
            final = session.scalar(
                select(func.max(EventRow.seq)).where(EventRow.result.is_not(None))
            )
            waiting = session.scalars(
                select(EventRow).where(EventRow.result.is_(None)).order_by(EventRow.seq)
            ).all()
            gap = GapEvent(
                uuid=uuid4(),
                device=self._device,
                seq=last_seq + 1,
                time=time,
                lost_from=max(meta.last_seq, final or 0) + 1,
                lost_to=last_seq,
            )
            renumbered = [
                _row(decode_event(row.data).model_copy(update={"seq": seq}), row.person)
                for seq, row in enumerate(waiting, start=last_seq + 2)
            ]
            session.execute(delete(BatchRow))
            for row in waiting:
                session.delete(row)
            session.flush()
            # Their media rows are there already, by UUID.
            session.add_all([_row(gap), *renumbered])
            meta.last_seq, meta.last_seal = last_seq, last_seal
            meta.allocated = last_seq + 1 + len(renumbered)
        self.changes.bump()

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
        with self._write() as session:
            if board.version <= self.board_version:
                return False
            session.merge(BoardRow(id=1, version=board.version, message=message))
            session.execute(
                delete(IssueRow).where(IssueRow.answered_at <= board.made_at)
            )
        self._board = board
        self.changes.bump()
        return True

    def _load_board(self, odoo: Ed25519PublicKey) -> Board | None:
        with self._read() as session:
            row = session.get(BoardRow, 1)
        if row is None:
            return None
        try:
            return read_board(odoo, row.message)
        except ContractError:  # Odoo's key or the contract changed: ask for a new one
            with self._write() as session:
                session.execute(delete(BoardRow))
            return None

    # What there is to show

    def not_on_board(self) -> Sequence[EventRow]:
        """Our events that the newest board cannot know yet, in order.

        Those without final outcome, and those accepted after the board was made: else
        a confirmation would vanish from the screen between its outcome and its board.
        """
        made_at = self._board.made_at if self._board else 0
        with self._read() as session:
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
        with self._read() as session:
            return session.scalars(
                select(EventRow)
                .where(EventRow.job.is_not(None))
                .order_by(EventRow.seq.desc())
                .limit(limit)
            ).all()

    def issues(self) -> Sequence[IssueRow]:
        """Events rejected or held that no board lists yet, the newest first."""
        with self._read() as session:
            return session.scalars(select(IssueRow).order_by(IssueRow.seq.desc())).all()

    def counts(self) -> Counts:
        with self._read() as session:
            media = dict(
                session.execute(
                    select(MediaRow.state, func.count()).group_by(MediaRow.state)
                )
                .tuples()
                .all()
            )
            return Counts(
                events=session.scalar(_waiting_count()) or 0,
                media=media.get("waiting", 0) + media.get("ready", 0),
                media_stuck=media.get("quarantined", 0),
            )

    # Media

    def next_media(self, skip: Iterable[str] = ()) -> MediaRow | None:
        """The oldest photo whose event is accepted and that is not uploaded."""
        with self._read() as session:
            return session.scalars(
                select(MediaRow)
                .where(MediaRow.state == "ready", MediaRow.sha256.not_in(list(skip)))
                .order_by(MediaRow.id)
                .limit(1)
            ).first()

    def media_known(self) -> dict[str, str]:
        """The state of every photo that an event names, by its hash."""
        with self._read() as session:
            rows = session.execute(select(MediaRow.sha256, MediaRow.state))
            return dict(rows.tuples().all())

    def mark_media(
        self,
        sha256: str,
        state: Literal["uploaded", "quarantined"],
        reason: str | None = None,
    ) -> None:
        with self._write() as session:
            session.execute(
                update(MediaRow)
                .where(MediaRow.sha256 == sha256)
                .values(state=state, reason=reason)
            )
        self.changes.bump()

    def forget_media(self, sha256: str) -> None:
        """Its file was deleted to make room."""
        with self._write() as session:
            session.execute(delete(MediaRow).where(MediaRow.sha256 == sha256))

    @contextmanager
    def _read(self) -> Iterator[Session]:
        with Session(self._engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def _write(self) -> Iterator[Session]:
        with (
            self._lock,
            Session(self._writing, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session


def _row(
    event: NodeEvent | GapEvent,
    person: int | None = None,
    shown: dict[str, Any] | None = None,
) -> EventRow:
    row = EventRow(
        seq=event.seq,
        uuid=str(event.uuid),
        data=encode_event(event),
        recorded_at=wall_ms(event.time.wall),
        person=person,
        photos=0,
        shown=shown or {},
    )
    if isinstance(event, NodeEvent):
        row.order_id, row.job, row.node = event.order, event.job, event.node
        row.reason, row.photos = event.reason, len(event.media)
    return row


def _add_media(session: Session, event: NodeEvent) -> None:
    for media in event.media:
        known = session.scalars(
            select(MediaRow).where(MediaRow.sha256 == media.sha256)
        ).first()
        if known is None:
            known = MediaRow(sha256=media.sha256, size=media.size, type=media.type)
            session.add(known)
        elif known.state in ("ready", "uploaded"):
            continue  # another event named the same picture already
        known.state, known.event, known.reason = "waiting", str(event.uuid), None


def _settle_row(
    session: Session, row: EventRow, outcome: Outcome, server_time: int
) -> None:
    row.result, row.effect = outcome.result, outcome.effect
    row.code, row.params = outcome.code, outcome.params
    row.answered_at = server_time
    accepted = outcome.result == "accepted"
    session.execute(
        update(MediaRow)
        .where(MediaRow.event == row.uuid, MediaRow.state == "waiting")
        .values(state="ready" if accepted else "rejected")
    )
    if accepted and outcome.effect != "held":
        return
    session.merge(
        IssueRow(
            uuid=row.uuid,
            seq=row.seq,
            order_id=row.order_id,
            job=row.job,
            node=row.node,
            person=row.person,
            shown=row.shown,
            recorded_at=row.recorded_at,
            result="held" if accepted else "rejected",
            code=outcome.code,
            params=outcome.params,
            answered_at=server_time,
        )
    )


def _open(batch: BatchRow) -> OpenBatch:
    return OpenBatch(batch.seal, batch.first, batch.last, batch.payload)


def _waiting_count() -> Select[int]:
    return select(func.count()).select_from(EventRow).where(EventRow.result.is_(None))
