"""The floor and its log, read and locked.

A constant number of statements per call, each over a whole set.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta

from workbay_contract.checks import Check, Step
from workbay_contract.confirmation import Certificate
from workbay_contract.process import JobState, Process

from .facts import Fact, Past, Source
from .hindsight import History
from .state import Floor, JobNow, OrderState


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
        SELECT f.job_id, f.order_id, j.process_id, j.version_id, f.facts_ever,
               j.state = 'authorised',
               f.node, f.phase, f.running_user_id, f.since_ms, f.worked_ms, f.workers,
               f.checks, f.settled, f.facts
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
            read_state(state, skills(version_id)),
            is_wanted,
            steps(version_id),
            frozenset(ever or ()),
        )
        for (
            job_id,
            order_id,
            process_id,
            version_id,
            ever,
            is_wanted,
            *state,
        ) in cr.fetchall()
    }


def read_state(columns: Sequence, skills: tuple[int, ...]) -> JobState:
    """A job's state as the floor has it.

    :param columns: of ``workshop_job_floor``: node, phase, running_user_id, since_ms,
        worked_ms, workers, checks, settled, facts.
    """
    node, phase, running, since, worked, workers, checks, settled, facts = columns
    return JobState.model_construct(
        node=node,
        phase=phase,
        running=running,
        since=since if running else None,
        worked_ms=worked or 0,
        workers=tuple(workers or ()),
        checks=read_checks(checks),
        settled=read_checks(settled),
        facts=frozenset(facts or ()),
        skills=skills,
    )


def read_checks(rows: list | None) -> tuple[Check, ...]:
    """Checks as the database has them; they were valid when they came in."""
    return tuple(Check.model_construct(**row) for row in rows or ())


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
