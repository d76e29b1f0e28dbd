"""From facts to the log: locking, judging, writing, and what to do when that fails."""

import logging
from collections.abc import Iterator

from psycopg2 import OperationalError, errors

from workbay_contract.confirmation import Certificate

from . import reader, writer
from .facts import Source, Verdict
from .fold import Fold
from .hindsight import History

_logger = logging.getLogger(__name__)

GUARDS = ("workshop_job_floor_running_uniq", "workshop_event_target_uniq")


def record(env, sources: list[Source]) -> list[Verdict]:
    """Judge the facts of every source and write down what became of them.

    All or nothing per source up to its first fact that cannot be decided now: that one
    and all later ones are ``retry``. What fails is narrowed down to the one fact that
    causes it, so that it sinks nobody else's.

    :raises OperationalError: the transaction itself is of no more use (a serialization
        failure); nothing was written and the caller may begin anew.
    """
    sources = [source for source in sources if source.facts]
    if not sources:
        return []
    try:
        with env.cr.savepoint():
            return _record_at_once(env, sources)
    except OperationalError:
        raise
    # Whatever it is, it must cost no other bay its answer; who is left alone with it
    # gets it back on the verdict.
    except Exception as error:  # noqa: BLE001
        return list(_narrow(env, sources, error))


def _narrow(env, sources: list[Source], error: Exception) -> Iterator[Verdict]:
    if len(sources) > 1:
        for source in sources:
            yield from record(env, [source])
        return
    source = sources[0]
    if len(source.facts) > 1:
        for number, fact in enumerate(source.facts):
            verdicts = record(env, [Source(source.company_id, source.bay_id, [fact])])
            yield from verdicts
            if not verdicts[0].is_final:
                for later in source.facts[number + 1 :]:
                    yield Verdict(later, source, "retry", code="busy")
                return
        return
    yield _unexpected(source, error)


def _unexpected(source: Source, error: Exception) -> Verdict:
    fact = source.facts[0]
    if _is_guard(error):
        return Verdict(fact, source, "retry", code="busy")
    _logger.error("Event %s could not be recorded", fact.raw_hash, exc_info=error)
    return Verdict(fact, source, "retry", code="unexpected", error=error)


def _is_guard(error: Exception) -> bool:
    """Somebody else has just set this person's clock going, or decided."""
    return (
        isinstance(error, errors.UniqueViolation)
        and error.diag.constraint_name in GUARDS
    )


def _record_at_once(env, sources: list[Source]) -> list[Verdict]:
    cr = env.cr
    facts = [fact for source in sources for fact in source.facts]
    roles: dict[int, tuple[str, ...]] = {}

    def roles_of(user_id: int) -> tuple[str, ...]:
        if user_id not in roles:
            concerned = env["res.users"].browse({*floor.persons, user_id})
            roles.update(concerned._workshop_roles_of_each())
        return roles[user_id]

    certified: dict[int, list] = {}

    def certificates_of(user_id: int, company_id: int) -> tuple[Certificate, ...]:
        # Few jobs demand any: read when the first one does, for everybody concerned.
        if not certified:
            certified.update(dict.fromkeys(floor.persons, ()))
            certified.update(reader.read_certificates(cr, list(floor.persons)))
        zone = env["res.company"].browse(company_id)._workshop_tz()
        return reader.certificates_in(certified.get(user_id, ()), zone)

    floor = reader.read_floor(
        cr,
        facts,
        env["workshop.event"]._process,
        env["workshop.event"]._steps,
        env["workshop.event"]._skills,
        roles_of,
        certificates_of,
    )
    ids = writer.take_ids(cr, len(facts))
    history = History()
    while True:
        fold = Fold(floor, history, iter(ids))
        fold.run(sources)
        if not fold.missing:
            break
        known = history.facts
        again = [(doubt.source, doubt.fact) for doubt in fold.missing] + [
            (source, fact)
            for source in sources
            for fact in source.facts
            if id(fact) in known
        ]
        history = reader.read_history(cr, again)
        if fold.stands(history):
            break
        # A second pass, rarely a third: what is held now may change what follows.
    writer.write(cr, floor, fold)
    for name in ("event", "order.floor", "job.floor", "media"):
        env[f"workshop.{name}"].invalidate_model()  # written past the ORM
    return fold.verdicts
