"""Facts judged in memory, one after the other, against the floor as it stands."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from workbay_contract import chain
from workbay_contract.checks import Step
from workbay_contract.confirmation import Applied, Certificate, Confirmation, Person
from workbay_contract.interpreter import judge, replay
from workbay_contract.process import JobState, Process
from workbay_contract.refusal import Refusal

from .facts import Fact, Past, Source, Verdict

NOTES = ("authorisation", "share", "absence", "set_aside", "close")
"""What stands in the chain without changing a job's state on the floor."""


@dataclass(slots=True)
class OrderState:
    """An order as the floor sees it.

    :ivar is_locked: this transaction holds its floor row; False: somebody else does.
    :ivar has_floor: it was opened for work once.
    """

    company_id: int
    sheet: str | None
    has_floor: bool
    is_locked: bool = False
    is_open: bool = False
    head: str = chain.GENESIS
    count: int = 0


@dataclass(slots=True)
class JobNow:
    """A job as it stands.

    :ivar ever: gates of the office that are open or were, as some board may have it.
    """

    order_id: int
    process: Process
    state: JobState
    is_wanted: bool = True
    steps: tuple[Step, ...] = ()
    ever: frozenset[str] = frozenset()


@dataclass(slots=True)
class History:
    """What refused events are judged against anew: the floor of an earlier board.

    :ivar facts: ids (of the object) of the facts that this history was read for.
    :ivar jobs: applied events by job.
    :ivar bays: applied events by bay, from the earliest mark concerned on.
    :ivar running: by person and mark, the job that his clock ran on at that board.
    """

    facts: set[int] = field(default_factory=set)
    jobs: dict[int, list[Past]] = field(default_factory=dict)
    bays: dict[int, list[Past]] = field(default_factory=dict)
    running: dict[tuple[int, int], int] = field(default_factory=dict)


@dataclass(slots=True)
class Doubt:
    """A refusal that the bay's board may undo, and what it was judged against.

    :ivar applied: how many of its bay's events the pass had applied before it.
    """

    source: Source
    fact: Fact
    job: JobNow
    applied: int


@dataclass(slots=True)
class Floor:
    """Everything that one call may have to know, read once.

    :ivar running: the job on which a person's clock runs, by person.
    :ivar persons: those whose row this transaction holds.
    :ivar held: by job and bay, the id of the newest held event.
    :ivar roles: role codes of a person.
    :ivar certificates: what a person is certified for, by the days of a store.
    """

    orders: dict[int, OrderState]
    jobs: dict[int, JobNow]
    persons: set[int]
    running: dict[int, int]
    held: dict[tuple[int, int], int]
    roles: Callable[[int], tuple[str, ...]]
    certificates: Callable[[int, int], tuple[Certificate, ...]]

    def twin(self) -> "Floor":
        """To be changed without changing this one."""
        return Floor(
            {key: replace(order) for key, order in self.orders.items()},
            {key: replace(job) for key, job in self.jobs.items()},
            self.persons,
            dict(self.running),
            dict(self.held),
            self.roles,
            self.certificates,
        )


def in_order(sources: list[Source]) -> Iterator[tuple[Source, Fact]]:
    """Between sources by corrected time; within a source as they happened there."""
    heap = [
        (source.facts[0].at_ms, number, 0)
        for number, source in enumerate(sources)
        if source.facts
    ]
    heapq.heapify(heap)
    while heap:
        at, number, position = heap[0]
        source = sources[number]
        yield source, source.facts[position]
        position += 1
        if position < len(source.facts):
            later = max(at, source.facts[position].at_ms)
            heapq.heapreplace(heap, (later, number, position))
        else:
            heapq.heappop(heap)


class Fold:
    """One pass over a call's facts.

    :ivar verdicts: one per fact, in the order in which they were judged.
    :ivar missing: refusals whose board has to be read before they can be decided; taken
        for refused until then (see ``stands``).
    """

    def __init__(self, floor: Floor, history: History, ids: Iterator[int]) -> None:
        self.floor = floor.twin()
        self.history = history
        self.ids = ids
        self.verdicts: list[Verdict] = []
        self.missing: list[Doubt] = []
        self._stopped: set[int] = set()
        self._applied: dict[int, list[Past]] = {}

    def run(self, sources: list[Source]) -> None:
        for source, fact in in_order(sources):
            if id(source) in self._stopped:
                verdict = Verdict(fact, source, "retry", code="busy")
            else:
                verdict = self._judge(source, fact)
                if not verdict.is_final:
                    self._stopped.add(id(source))
            if verdict.is_final:
                verdict.event_id = next(self.ids)
                self._enter(verdict)
            self.verdicts.append(verdict)

    def stands(self, history: History) -> bool:
        """Whether all that was missing is refused by its board, too.

        Else the pass has to be made again with this history: what is held after all
        may change what follows it.
        """
        return not any(self._was_right(doubt, history) for doubt in self.missing)

    def _judge(self, source: Source, fact: Fact) -> Verdict:
        if fact.refusal:
            return self._rejected(source, fact, fact.refusal)
        # A note on what named no order of the store is in no order's chain either.
        if fact.kind == "gap" or (fact.decision == "close" and fact.order_id is None):
            return Verdict(fact, source, "accepted")
        order = self.floor.orders.get(fact.order_id)
        if order is None or order.company_id != source.company_id:
            return self._rejected(source, fact, Refusal(code="order_unknown"))
        if fact.sheet is not None and fact.sheet != order.sheet:
            return self._rejected(
                source, fact, Refusal(code="sheet_mismatch"), order_id=fact.order_id
            )
        if not order.has_floor:
            return self._rejected(source, fact, Refusal(code="order_unknown"))
        if not order.is_locked:
            return Verdict(fact, source, "retry", code="busy")
        if fact.kind in NOTES or fact.decision in NOTES:
            verdict = Verdict(fact, source, "accepted", "applied", job_id=fact.job_id)
        else:
            verdict = self._judge_on_order(source, fact, order)
        verdict.order_id = fact.order_id
        return verdict

    def _judge_on_order(self, source: Source, fact: Fact, order: OrderState) -> Verdict:
        job = self.floor.jobs.get(fact.job_id)
        if job is None or job.order_id != fact.order_id:
            return self._rejected(source, fact, Refusal(code="order_unknown"))
        if fact.user_id is None:
            return self._rejected(source, fact, Refusal(code="badge_unknown"), job=True)
        if fact.user_id not in self.floor.persons or (
            job.state.running and job.state.running not in self.floor.persons
        ):
            return Verdict(fact, source, "retry", code="busy")
        if source.bay_id is None and not fact.hold:
            return self._judge_typed(source, fact, order, job)
        if fact.hold:
            return self._held(source, fact, fact.hold)
        if self._is_behind_held(source, fact):
            return self._held(source, fact, "behind_held")
        if not order.is_open:
            return self._held(source, fact, "order_closed")
        if not job.is_wanted:
            return self._held(source, fact, "overtaken")
        result = self._judge_now(fact, job)
        if isinstance(result, Applied):
            return self._apply(source, fact, job, result.job)
        if self._was_allowed(source, fact, job):
            return self._held(source, fact, "overtaken", {"refusal": result.code})
        return self._rejected(source, fact, result, job=True)

    def _judge_typed(
        self, source: Source, fact: Fact, order: OrderState, job: JobNow
    ) -> Verdict:
        """What the office types is applied or refused: nothing of it is held."""
        if not order.is_open:
            return self._rejected(source, fact, Refusal(code="order_not_open"))
        if not job.is_wanted:
            return self._rejected(source, fact, Refusal(code="job_not_agreed"))
        if fact.kind == "correction":
            return self._correct(source, fact, job)
        if fact.redoes:
            checks = tuple(each for each in job.state.checks if each != fact.redoes)
            state = job.state.model_copy(update={"checks": checks})
            return self._apply(source, fact, job, state, clock="keep")
        if fact.settles:
            state = job.state.model_copy(
                update={"settled": (*job.state.settled, fact.settles)}
            )
            return self._apply(source, fact, job, state, clock="keep")
        result = self._judge_now(fact, job)
        if isinstance(result, Applied):
            return self._apply(source, fact, job, result.job)
        return self._rejected(source, fact, result, job=True)

    def _judge_now(self, fact: Fact, job: JobNow) -> Applied | Refusal:
        running = self.floor.running.get(fact.user_id)
        person = self._person(fact.user_id, running, job)
        return judge(job.process, job.state, person, _confirmation(fact), job.steps)

    def _correct(self, source: Source, fact: Fact, job: JobNow) -> Verdict:
        """Have a job's other events alone, as far as they still follow each other."""
        state = JobState()
        for past in fact.before:
            following = _again(job.process, state, past)
            if following is None:
                params = {"node": past.node}
                return self._rejected(
                    source, fact, Refusal(code="undo_later", params=params)
                )
            state = following
        state = state.model_copy(
            update={
                "settled": job.state.settled,
                "facts": job.state.facts,
                "skills": job.state.skills,
            }
        )
        if state.running and state.running not in self.floor.persons:
            return Verdict(fact, source, "retry", code="busy")
        elsewhere = self.floor.running.get(state.running or 0, fact.job_id)
        if elsewhere != fact.job_id:
            return self._rejected(source, fact, Refusal(code="undo_busy"))
        before = job.state.running
        clock = "keep"
        if state.running != before:
            clock = "start" if state.running else "stop"
            fact.user_id = state.running or before
        return self._apply(source, fact, job, state, clock)

    def _apply(
        self,
        source: Source,
        fact: Fact,
        job: JobNow,
        state: JobState,
        clock: str | None = None,
    ) -> Verdict:
        before = job.state.running
        job.state = state
        if before and before != state.running:
            self.floor.running.pop(before, None)
        if state.running:
            self.floor.running[state.running] = fact.job_id
        return Verdict(
            fact,
            source,
            "accepted",
            "applied",
            job_id=fact.job_id,
            clock=clock or job.process.node(fact.node).clock,
        )

    def _held(
        self, source: Source, fact: Fact, code: str, params: dict | None = None
    ) -> Verdict:
        return Verdict(
            fact, source, "accepted", "held", code, params or {}, job_id=fact.job_id
        )

    def _rejected(
        self,
        source: Source,
        fact: Fact,
        refusal: Refusal,
        order_id: int | None = None,
        job: bool = False,
    ) -> Verdict:
        return Verdict(
            fact,
            source,
            "rejected",
            code=refusal.code,
            params=refusal.params,
            order_id=order_id,
            job_id=fact.job_id if job else None,
        )

    def _enter(self, verdict: Verdict) -> None:
        """Give a final verdict its place in the chain and among what came before."""
        fact, source = verdict.fact, verdict.source
        if verdict.effect == "none":
            return
        order = self.floor.orders[verdict.order_id]
        order.count += 1
        order.head = chain.link(
            order.head,
            verdict.order_id,
            order.count,
            fact.raw_hash,
            fact.at_ms,
            verdict.effect,
        )
        verdict.chain_index, verdict.chain_hash = order.count, order.head
        if source.bay_id is None:
            return
        if verdict.effect == "held":
            self.floor.held[fact.job_id, source.bay_id] = verdict.event_id
        else:
            self._applied.setdefault(source.bay_id, []).append(
                Past(
                    verdict.event_id,
                    fact.job_id,
                    source.bay_id,
                    fact.user_id,
                    fact.node,
                    fact.at_ms,
                    fact.reason,
                    verdict.clock,
                    fact.checks,
                    media=len(fact.media),
                )
            )

    def _is_behind_held(self, source: Source, fact: Fact) -> bool:
        """Whether the bay did not know yet that this job's last event there is held.

        What it confirms on a board that shows it as held stands on its own again.
        """
        held = self.floor.held.get((fact.job_id, source.bay_id))
        return held is not None and (fact.mark is None or fact.mark < held)

    def _was_allowed(self, source: Source, fact: Fact, job: JobNow) -> bool:
        """Whether the bay was right by its board: that folded with its own events."""
        if fact.mark is None or source.bay_id is None:
            return False
        applied = len(self._applied.get(source.bay_id, ()))
        doubt = Doubt(source, fact, replace(job), applied)
        if id(fact) not in self.history.facts:
            self.missing.append(doubt)
            return False
        return self._was_right(doubt, self.history)

    def _was_right(self, doubt: Doubt, history: History) -> bool:
        source, fact, job = doubt.source, doubt.fact, doubt.job
        # What the office has opened or shut meanwhile is no reason to refuse what was
        # done; where a gate never was open, no board can have had it so.
        facts = job.state.facts | job.ever
        state = JobState(facts=facts, skills=job.state.skills)
        running = history.running.get((fact.user_id, fact.mark))
        known = [
            past
            for past in history.jobs.get(fact.job_id, ())
            if past.event_id <= fact.mark
            and not (past.undone_by and past.undone_by <= fact.mark)
        ]
        own = [
            past
            for past in history.bays.get(source.bay_id, ())
            if past.event_id > fact.mark
        ]
        for past in known:
            # What these showed may have been verified by then.
            state = _again(job.process, state, replace(past, media=0)) or state
        for past in own + self._applied.get(source.bay_id, [])[: doubt.applied]:
            if past.job_id == fact.job_id:
                state = _again(job.process, state, past) or state
            if past.clock == "start" and past.user_id == fact.user_id:
                running = past.job_id
            elif past.clock == "stop" and running == past.job_id:
                running = None
        # A certificate that has lapsed since, or was taken away, held on that board.
        person = self._person(fact.user_id, running, job, lapsed=True)
        # What the office settled meanwhile the bay cannot have gone by, but then the
        # floor as it stands refuses it as well.
        state = state.model_copy(update={"settled": job.state.settled})
        result = judge(job.process, state, person, _confirmation(fact), job.steps)
        return isinstance(result, Applied)

    def _person(
        self, user_id: int, running_job: int | None, job: JobNow, lapsed: bool = False
    ) -> Person:
        certificates: tuple[Certificate, ...] = ()
        if job.state.skills:
            company_id = self.floor.orders[job.order_id].company_id
            certificates = self.floor.certificates(user_id, company_id)
        if lapsed:
            certificates = tuple(
                Certificate.model_construct(skill=each.skill) for each in certificates
            )
        return Person.model_construct(
            id=user_id,
            roles=self.floor.roles(user_id),
            running_job=running_job,
            certificates=certificates,
        )


def _confirmation(fact: Fact) -> Confirmation:
    # The contract has checked every value already, when it decoded the event.
    photos, signature = fact.photos, fact.signature
    if signature is not None and fact.decision is None:
        # Its picture is one of the media, and no photo of the work.
        pictures = [media.sha256 for media in fact.media]
        signature = signature if signature in pictures else None
        if photos is None:
            photos = len(pictures) - pictures.count(signature)
    return Confirmation.model_construct(
        job=fact.job_id,
        node=fact.node,
        at=fact.at_ms if fact.effective_ms is None else fact.effective_ms,
        photos=len(fact.media) if photos is None else photos,
        reason=fact.reason,
        checks=fact.checks,
        ticks=fact.ticks,
        signature=signature,
    )


def _again(process: Process, state: JobState, past: Past) -> JobState | None:
    """Apply an event that was judged once; None where it does not follow."""
    if not past.node:
        return state
    confirmation = Confirmation.model_construct(
        job=past.job_id,
        node=past.node,
        at=past.at_ms,
        photos=past.media,
        reason=past.reason,
        checks=past.checks,
    )
    return replay(process, state, past.user_id, confirmation)
