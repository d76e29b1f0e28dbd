"""What was judged, written into the log and onto the floor.

A constant number of statements per call, each over a whole set.
"""

import json
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from psycopg2.extras import Json, execute_values

from workbay_contract.checks import Check

from .facts import Verdict
from .fold import Fold
from .state import Floor

COLUMNS = (
    "id",
    "uuid",
    "kind",
    "order_id",
    "job_id",
    "company_id",
    "node",
    "user_id",
    "bay_id",
    "occurred_at",
    "occurred_ms",
    "wall_at",
    "is_doubtful",
    "received_at",
    "result",
    "effect",
    "clock",
    "code",
    "params",
    "reason",
    "actor_id",
    "target_id",
    "decision",
    "note",
    "effective_ms",
    "checks",
    "raw",
    "raw_hash",
    "chain_index",
    "chain_hash",
)
COPY_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def take_ids(cr, count: int) -> list[int]:
    """Ids for log rows, taken while the rows concerned are locked: they follow time."""
    cr.execute(
        "SELECT nextval('workshop_event_id_seq') FROM generate_series(1, %s)", [count]
    )
    return sorted(row[0] for row in cr.fetchall())


def write(cr, before: Floor, fold: Fold) -> None:
    """Put what was decided into the log and onto the floor rows."""
    final = [verdict for verdict in fold.verdicts if verdict.is_final]
    if not final:
        return
    _insert_events(cr, final)
    _insert_media(cr, final)
    _write_jobs(cr, before, fold.floor)
    _write_orders(cr, before, fold.floor)
    _queue_consequences(cr, final)


def _insert_events(cr, verdicts: list[Verdict]) -> None:
    received = datetime.now(UTC).replace(tzinfo=None)
    extra = tuple(verdicts[0].fact.columns)
    rows = []
    for verdict in verdicts:
        fact, source = verdict.fact, verdict.source
        rows.append(
            (
                verdict.event_id,
                fact.uuid,
                fact.kind,
                verdict.order_id,
                verdict.job_id,
                source.company_id,
                fact.node,
                fact.user_id,
                source.bay_id,
                _instant(fact.at_ms),
                fact.at_ms,
                fact.wall and fact.wall.astimezone(UTC).replace(tzinfo=None),
                fact.is_doubtful,
                received,
                verdict.result,
                verdict.effect,
                verdict.clock,
                verdict.code,
                json.dumps(verdict.params),
                fact.reason,
                fact.actor_id,
                fact.target_id,
                fact.decision,
                fact.note,
                fact.effective_ms,
                _check_texts(fact.checks),
                fact.raw,
                fact.raw_hash,
                verdict.chain_index,
                verdict.chain_hash,
                *(fact.columns[name] for name in extra),
            )
        )
    names = ", ".join(COLUMNS + extra)
    # The log is most of what a call writes, and this way of writing costs the least.
    cr._obj.copy_expert(
        f"COPY workshop_event ({names}) FROM STDIN",
        StringIO("".join("\t".join(map(_copied, row)) + "\n" for row in rows)),
    )


def _copied(value: Any) -> str:
    """A value as PostgreSQL's COPY reads it."""
    if value is None:
        return "\\N"
    if not isinstance(value, str):
        return str(value)
    # By themselves: one pattern for the four takes more time than all else here.
    if "\\" in value or "\t" in value or "\n" in value or "\r" in value:
        return value.translate(COPY_ESCAPES)
    return value


def _instant(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC).replace(tzinfo=None)


def _insert_media(cr, verdicts: list[Verdict]) -> None:
    """Expect the bytes of every photo that a genuine event names.

    Of refused events too: they are kept with their reason, so with their evidence.
    """
    named = [
        (verdict.event_id, media.sha256, media.type, media.size)
        for verdict in verdicts
        for media in verdict.fact.media
    ]
    if not named:
        return
    execute_values(
        cr._obj,
        """
        INSERT INTO workshop_media (sha256, mimetype, size, state)
        VALUES %s
        ON CONFLICT (sha256) DO NOTHING
        """,
        sorted({row[1:] for row in named}),
        template="(%s, %s, %s, 'expected')",
        page_size=len(named),
    )
    execute_values(
        cr._obj,
        """
        INSERT INTO workshop_event_media_rel (event_id, media_id)
        SELECT named.event_id, m.id
          FROM (VALUES %s) AS named (event_id, sha256)
          JOIN workshop_media m ON m.sha256 = named.sha256
            ON CONFLICT DO NOTHING
        """,
        [row[:2] for row in named],
        page_size=len(named),
    )


def _write_jobs(cr, before: Floor, after: Floor) -> None:
    changed = {
        job_id: job.state
        for job_id, job in after.jobs.items()
        if job.state is not before.jobs[job_id].state
    }
    if not changed:
        return
    stopped = [
        job_id
        for job_id, state in changed.items()
        if (was := before.jobs[job_id].state.running) and was != state.running
    ]
    if stopped:
        # First, lest a clock that moves from one job to another run on both for the
        # instant that the unique index looks at.
        cr.execute(
            """
            UPDATE workshop_job_floor SET running_user_id = NULL
             WHERE job_id = ANY(%s)
            """,
            [stopped],
        )
    execute_values(
        cr._obj,
        """
        UPDATE workshop_job_floor f
           SET node = v.node,
               phase = v.phase,
               running_user_id = v.running,
               since_ms = v.since,
               worked_ms = v.worked,
               workers = v.workers,
               checks = v.checks,
               settled = v.settled,
               facts = v.facts
          FROM (VALUES %s) AS v
               (job_id, node, phase, running, since, worked, workers, checks, settled,
                facts)
         WHERE f.job_id = v.job_id
        """,
        [
            (
                job_id,
                state.node,
                state.phase,
                state.running,
                state.since,
                state.worked_ms,
                Json(list(state.workers)),
                _dump_checks(state.checks),
                _dump_checks(state.settled),
                Json(sorted(state.facts)) if state.facts else None,
            )
            for job_id, state in sorted(changed.items())
        ],
        template=(
            "(%s, %s, %s, %s::int, %s::bigint, %s::bigint, %s::jsonb, %s::jsonb,"
            " %s::jsonb, %s::jsonb)"
        ),
        page_size=len(changed),
    )


def _write_orders(cr, before: Floor, after: Floor) -> None:
    changed = [
        (order_id, order.head, order.count)
        for order_id, order in sorted(after.orders.items())
        if order.count != before.orders[order_id].count
    ]
    if not changed:
        return
    execute_values(
        cr._obj,
        """
        UPDATE workshop_order_floor f
           SET chain_head = v.head, chain_count = v.count
          FROM (VALUES %s) AS v (order_id, head, count)
         WHERE f.order_id = v.order_id
        """,
        changed,
        page_size=len(changed),
    )


def _queue_consequences(cr, verdicts: list[Verdict]) -> None:
    due = {
        (verdict.order_id, "floor" if verdict.effect == "applied" else "held")
        for verdict in verdicts
        # A rejection stays open on its order as well, until somebody closes it. From
        # what was agreed nothing follows but what the office does at once.
        if verdict.order_id and verdict.fact.kind != "authorisation"
    }
    if due:
        execute_values(
            cr._obj,
            "INSERT INTO workshop_consequence (order_id, kind) VALUES %s",
            sorted(due),
            page_size=len(due),
        )


def _dump_checks(checks: tuple[Check, ...]) -> Json | None:
    return Json([check.model_dump() for check in checks]) if checks else None


def _check_texts(checks: tuple[Check, ...]) -> str | None:
    return json.dumps([check.model_dump() for check in checks]) if checks else None
