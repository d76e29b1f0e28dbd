"""The floor's SQL: a constant number of statements per call, each over a whole set."""

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

from psycopg2.extras import Json, execute_values

from workbay_contract.checks import Check, Step
from workbay_contract.confirmation import Certificate
from workbay_contract.process import JobState, Process

from .facts import Fact, Past, Source, Verdict
from .fold import Floor, Fold, History, JobNow, OrderState

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
COPY_SPECIAL = re.compile(r"[\\\t\n\r]")
COPY_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def read_floor(
    cr,
    facts: list[Fact],
    process: Callable[[int], Process],
    steps: Callable[[int], tuple[Step, ...]],
    skills: Callable[[int], tuple[int, ...]],
    roles: Callable[[int], tuple[str, ...]],
    certificates: Callable[[int, int], tuple[Certificate, ...]],
) -> Floor:
    """Lock what the facts concern, as far as nobody else holds it, and read it.

    Orders come before persons and both in id order; nothing is waited for, so nothing
    can deadlock.
    """
    order_ids = sorted({fact.order_id for fact in facts if fact.order_id})
    person_ids = {fact.user_id for fact in facts if fact.user_id}
    orders = _read_orders(cr, order_ids)
    locked = [order_id for order_id in order_ids if _is_locked(orders, order_id)]
    jobs = _read_jobs(cr, locked, process, steps, skills)
    # A correction may set anybody's clock going again who worked on the job.
    person_ids |= {past.user_id for fact in facts for past in fact.before}
    # A confirmation may stop another person's clock, so that one is concerned too.
    person_ids |= {job.state.running for job in jobs.values() if job.state.running}
    persons = _lock_persons(cr, sorted(person_ids))
    return Floor(
        orders,
        jobs,
        persons,
        _read_running(cr, list(persons)),
        _read_held(cr, sorted({fact.job_id for fact in facts if fact.job_id})),
        roles,
        certificates,
    )


def _is_locked(orders: dict[int, OrderState], order_id: int) -> bool:
    return order_id in orders and orders[order_id].is_locked


def _read_orders(cr, order_ids: list[int]) -> dict[int, OrderState]:
    if not order_ids:
        return {}
    cr.execute(
        """
        SELECT o.id, o.company_id, o.sheet_hash, f.id IS NOT NULL
          FROM workshop_order o
          LEFT JOIN workshop_order_floor f ON f.order_id = o.id
         WHERE o.id = ANY(%s)
        """,
        [order_ids],
    )
    orders = {row[0]: OrderState(*row[1:]) for row in cr.fetchall()}
    cr.execute(
        """
        SELECT order_id, is_open, chain_head, chain_count
          FROM workshop_order_floor
         WHERE order_id = ANY(%s)
         ORDER BY order_id
           FOR NO KEY UPDATE SKIP LOCKED
        """,
        [order_ids],
    )
    for order_id, is_open, head, count in cr.fetchall():
        order = orders[order_id]
        order.is_locked, order.is_open = True, is_open
        order.head, order.count = head, count
    return orders


def _read_jobs(
    cr,
    order_ids: list[int],
    process: Callable[[int], Process],
    steps: Callable[[int], tuple[Step, ...]],
    skills: Callable[[int], tuple[int, ...]],
) -> dict[int, JobNow]:
    if not order_ids:
        return {}
    cr.execute(
        """
        SELECT f.job_id, f.order_id, j.process_id, j.version_id, f.node, f.phase,
               f.running_user_id, f.since_ms, f.worked_ms, f.workers, f.checks,
               f.settled, f.facts, f.facts_ever, j.state = 'authorised'
          FROM workshop_job_floor f
          JOIN workshop_job j ON j.id = f.job_id
         WHERE f.order_id = ANY(%s)
        """,
        [order_ids],
    )
    return {
        job_id: JobNow(
            order_id,
            process(process_id),
            JobState.model_construct(
                node=node,
                phase=phase,
                running=running,
                since=since if running else None,
                worked_ms=worked or 0,
                workers=tuple(workers or ()),
                checks=read_checks(checks),
                settled=read_checks(settled),
                facts=frozenset(facts or ()),
                skills=skills(version_id),
            ),
            is_wanted,
            steps(version_id),
            frozenset(ever or ()),
        )
        for (
            job_id,
            order_id,
            process_id,
            version_id,
            node,
            phase,
            running,
            since,
            worked,
            workers,
            checks,
            settled,
            facts,
            ever,
            is_wanted,
        ) in cr.fetchall()
    }


def read_checks(rows: list | None) -> tuple[Check, ...]:
    """Checks as the database has them; they were valid when they came in."""
    return tuple(Check.model_construct(**row) for row in rows or ())


def _dump_checks(checks: tuple[Check, ...]) -> Json | None:
    return Json([check.model_dump() for check in checks]) if checks else None


def _check_texts(checks: tuple[Check, ...]) -> str | None:
    return json.dumps([check.model_dump() for check in checks]) if checks else None


def read_certificates(
    cr, user_ids: list[int]
) -> dict[int, list[tuple[int, date | None, date | None]]]:
    """By person, skill and validity of what he is or was certified for.

    Whatever store's employee he was certified as: he is one person.
    """
    cr.execute(
        """
        SELECT DISTINCT r.user_id, s.skill_id, s.valid_from, s.valid_to
          FROM hr_employee_skill s
          JOIN hr_employee e ON e.id = s.employee_id
          JOIN resource_resource r ON r.id = e.resource_id
         WHERE r.user_id = ANY(%s)
         ORDER BY r.user_id, s.skill_id, s.valid_from, s.valid_to
        """,
        [user_ids],
    )
    rows: dict[int, list[tuple[int, date | None, date | None]]] = {}
    for user_id, *row in cr.fetchall():
        rows.setdefault(user_id, []).append(tuple(row))
    return rows


def certificates_in(
    rows: Iterable[tuple[int, date | None, date | None]], zone
) -> tuple[Certificate, ...]:
    """Certificates by the instants at which their days begin and end in a store."""

    def begins(day: date) -> int:
        midnight = zone.localize(datetime(day.year, day.month, day.day))
        return round(midnight.timestamp() * 1000)

    return tuple(
        Certificate.model_construct(
            skill=skill,
            valid_from=begins(first) if first else None,
            valid_to=begins(last + timedelta(days=1)) if last else None,
        )
        for skill, first, last in rows
    )


def _lock_persons(cr, user_ids: list[int]) -> set[int]:
    if not user_ids:
        return set()
    lock = """
        SELECT user_id
          FROM workshop_person_floor
         WHERE user_id = ANY(%s)
         ORDER BY user_id
           FOR NO KEY UPDATE SKIP LOCKED
        """
    cr.execute(lock, [user_ids])
    locked = {row[0] for row in cr.fetchall()}
    rest = [user_id for user_id in user_ids if user_id not in locked]
    if not rest:
        return locked
    cr.execute(
        """
        INSERT INTO workshop_person_floor (user_id)
        SELECT u.id
          FROM res_users u
         WHERE u.id = ANY(%s)
           AND NOT EXISTS (
               SELECT 1 FROM workshop_person_floor f WHERE f.user_id = u.id
           )
        RETURNING user_id
        """,
        [rest],
    )
    return locked | {row[0] for row in cr.fetchall()}


def _read_running(cr, user_ids: list[int]) -> dict[int, int]:
    if not user_ids:
        return {}
    cr.execute(
        """
        SELECT running_user_id, job_id
          FROM workshop_job_floor
         WHERE running_user_id = ANY(%s)
        """,
        [user_ids],
    )
    return dict(cr.fetchall())


def _read_held(cr, job_ids: list[int]) -> dict[tuple[int, int], int]:
    if not job_ids:
        return {}
    cr.execute(
        """
        SELECT e.job_id, e.bay_id, max(e.id)
          FROM workshop_event e
         WHERE e.effect = 'held' AND e.bay_id IS NOT NULL AND e.job_id = ANY(%s)
           AND NOT EXISTS (
               SELECT 1
                 FROM workshop_event decided
                WHERE decided.target_id = e.id AND decided.decision = 'apply'
               )
         GROUP BY e.job_id, e.bay_id
        """,
        [job_ids],
    )
    return {(job_id, bay_id): newest for job_id, bay_id, newest in cr.fetchall()}


def take_ids(cr, count: int) -> list[int]:
    """Ids for log rows, taken while the rows concerned are locked: they follow time."""
    cr.execute(
        "SELECT nextval('workshop_event_id_seq') FROM generate_series(1, %s)", [count]
    )
    return sorted(row[0] for row in cr.fetchall())


PAST = """
    e.id, e.job_id, e.bay_id, e.user_id, e.node,
    coalesce(e.effective_ms, e.occurred_ms), e.reason, e.clock, e.checks,
    (SELECT undone.id
       FROM workshop_event undone
      WHERE undone.target_id = e.id AND undone.kind = 'correction'
        AND undone.effect = 'applied'),
    (SELECT count(*) FROM workshop_event_media_rel r WHERE r.event_id = e.id)
"""


def _past(row: tuple) -> Past:
    *values, checks, undone_by, media = row
    return Past(*values, read_checks(checks), undone_by, media)


def read_applied(cr, job_id: int) -> list[Past]:
    """A job's applied events, in the order in which they were applied."""
    cr.execute(
        f"""
        SELECT {PAST}
          FROM workshop_event e
         WHERE e.effect = 'applied' AND e.job_id = %s
         ORDER BY e.id
        """,
        [job_id],
    )
    return [_past(row) for row in cr.fetchall()]


def read_history(cr, refused: Iterable[tuple[Source, Fact]]) -> History:
    """What it takes to see the boards that these facts were made under."""
    pairs = list(refused)
    history = History(facts={id(fact) for _source, fact in pairs})
    job_ids = sorted({fact.job_id for _source, fact in pairs})
    bay_ids = sorted({source.bay_id for source, _fact in pairs})
    earliest = min(fact.mark for _source, fact in pairs)
    latest = max(fact.mark for _source, fact in pairs)
    cr.execute(
        f"""
        SELECT {PAST}
          FROM workshop_event e
         WHERE e.id IN (
               SELECT id
                 FROM workshop_event
                WHERE effect = 'applied' AND job_id = ANY(%(jobs)s)
                  AND id <= %(latest)s
                UNION ALL
               SELECT id
                 FROM workshop_event
                WHERE effect = 'applied' AND bay_id = ANY(%(bays)s)
                  AND id > %(earliest)s
               )
         ORDER BY e.id
        """,
        {
            "jobs": job_ids,
            "bays": bay_ids,
            "earliest": earliest,
            "latest": latest,
        },
    )
    for row in cr.fetchall():
        past = _past(row)
        if past.job_id in job_ids and past.event_id <= latest:
            history.jobs.setdefault(past.job_id, []).append(past)
        if past.bay_id in bay_ids and past.event_id > earliest:
            history.bays.setdefault(past.bay_id, []).append(past)
    history.running = _read_running_at(
        cr, {(fact.user_id, fact.mark) for _source, fact in pairs}
    )
    return history


def _read_running_at(
    cr, pairs: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], int]:
    """The job on which a person's clock ran when the log ended with an event."""
    users, marks = zip(*sorted(pairs), strict=True)
    cr.execute(
        """
        SELECT asked.user_id, asked.mark, started.job_id
          FROM unnest(%s::int[], %s::bigint[]) AS asked (user_id, mark)
         CROSS JOIN LATERAL (
               SELECT e.id, e.job_id
                 FROM workshop_event e
                WHERE e.user_id = asked.user_id
                  AND e.clock = 'start'
                  AND e.id <= asked.mark
                ORDER BY e.id DESC
                LIMIT 1
               ) started
         WHERE NOT EXISTS (
               SELECT 1
                 FROM workshop_event e
                WHERE e.job_id = started.job_id
                  AND e.clock = 'stop'
                  AND e.id > started.id
                  AND e.id <= asked.mark
               )
        """,
        [list(users), list(marks)],
    )
    return {(user_id, mark): job_id for user_id, mark, job_id in cr.fetchall()}


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
    text = value if isinstance(value, str) else str(value)
    return text.translate(COPY_ESCAPES) if COPY_SPECIAL.search(text) else text


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
