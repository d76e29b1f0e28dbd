"""What the outbox says to its database, built once: it says most of it all day."""

from sqlalchemy import (
    Select,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal_column,
    select,
    update,
)

from edge_agent.tables import (
    BatchRow,
    BoardRow,
    EventRow,
    IssueRow,
    MetaRow,
    driver_text,
)
from workbay_contract.batch import MAX_EVENTS

META = select(MetaRow.allocated, MetaRow.last_seq, MetaRow.last_seal)
BATCH = select(BatchRow.seal, BatchRow.first, BatchRow.last, BatchRow.payload)
WAITING: Select[int] = (
    select(func.count()).select_from(EventRow).where(EventRow.result.is_(None))
)
ANY_WAITING = select(exists().where(EventRow.result.is_(None)))
FIRST_WAITING = (
    select(EventRow.seq, EventRow.data)
    .where(EventRow.result.is_(None))
    .order_by(EventRow.seq)
    .limit(MAX_EVENTS)
)
WAITING_OF = (
    select(*(column for column in EventRow.__table__.c if column.name != "data"))
    .where(
        EventRow.seq.between(bindparam("first"), bindparam("last")),
        EventRow.result.is_(None),
    )
    .order_by(EventRow.seq)
)
# Two statements: for RETURNING, SQLite makes a table each time and gives it back, which
# has the system hand out and take back memory with every event.
ALLOCATE = driver_text(
    update(MetaRow).values(allocated=MetaRow.allocated + literal_column("1"))
)
ALLOCATED = driver_text(select(MetaRow.allocated))
INSERT_EVENT = driver_text(
    insert(EventRow).values(
        {
            name: bindparam(name)
            for name in (
                *("seq", "uuid", "data", "order_id", "job", "node", "person"),
                *("reason", "photos", "shown", "recorded_at"),
            )
        }
    )
)
SETTLE_EVENT = (
    update(EventRow)
    .where(EventRow.seq == bindparam("of"))
    .values(
        {
            name: bindparam(name)
            for name in ("result", "effect", "code", "params", "answered_at")
        }
    )
)
OPEN_BATCH = insert(BatchRow)
CLOSE_BATCH = delete(BatchRow)
MOVE_ON = update(MetaRow).values(
    last_seq=bindparam("last"), last_seal=bindparam("seal")
)
FORGET = delete(EventRow).where(
    EventRow.result.is_not(None), EventRow.seq <= bindparam("oldest")
)
FORGET_KNOWN = FORGET.where(EventRow.answered_at <= bindparam("made_at"))
PUT_ISSUE = insert(IssueRow).prefix_with("OR REPLACE")
PUT_BOARD = insert(BoardRow).prefix_with("OR REPLACE")
