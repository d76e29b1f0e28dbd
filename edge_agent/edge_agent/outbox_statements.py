"""What the outbox says to its database, built once: it says most of it all day."""

from sqlalchemy import (
    String,
    bindparam,
    delete,
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

META = driver_text(select(MetaRow.last_seq, MetaRow.last_seal))
BATCH = driver_text(
    select(BatchRow.seal, BatchRow.first, BatchRow.last, BatchRow.payload)
)
WAITING = driver_text(
    select(func.count()).select_from(EventRow).where(EventRow.result.is_(None))
)
FIRST_WAITING = driver_text(
    select(EventRow.seq, EventRow.data)
    .where(EventRow.result.is_(None))
    .order_by(EventRow.seq)
    .limit(literal_column(str(MAX_EVENTS)))
    .offset(literal_column("0"))  # else it is a parameter
)
WAITING_OF = driver_text(
    select(EventRow.seq, EventRow.uuid, EventRow.photos)
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
SETTLE_EVENT = driver_text(
    update(EventRow)
    .where(EventRow.seq == bindparam("of"))
    .values(
        {
            name: bindparam(name)
            for name in ("result", "effect", "code", "params", "answered_at")
        }
    )
)
OPEN_BATCH = driver_text(
    insert(BatchRow).values(
        {
            name: bindparam(name)
            for name in ("id", "seal", "first", "last", "prev", "payload")
        }
    )
)
CLOSE_BATCH = driver_text(delete(BatchRow))
MOVE_ON = driver_text(
    update(MetaRow).values(last_seq=bindparam("last"), last_seal=bindparam("seal"))
)
_FORGET = delete(EventRow).where(
    EventRow.result.is_not(None), EventRow.seq <= bindparam("oldest")
)
FORGET = driver_text(_FORGET)
FORGET_KNOWN = driver_text(_FORGET.where(EventRow.answered_at <= bindparam("made_at")))
# From the event's own row: its outcome, and how to show it.
_AS_RECORDED = (
    *("uuid", "seq", "order_id", "job", "node", "person", "shown", "recorded_at"),
    *("code", "params", "answered_at"),
)
PUT_ISSUE = driver_text(
    insert(IssueRow)
    .prefix_with("OR REPLACE")
    .from_select(
        [*_AS_RECORDED, "result"],
        select(
            *(EventRow.__table__.c[name] for name in _AS_RECORDED),
            bindparam("result", type_=String),
        ).where(EventRow.seq == bindparam("of")),
    )
)
PUT_BOARD = insert(BoardRow).prefix_with("OR REPLACE")
