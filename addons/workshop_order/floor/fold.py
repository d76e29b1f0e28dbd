"""Facts judged in memory, one after the other, against the floor as it stands."""

import heapq
from collections.abc import Iterator
from dataclasses import replace

from workbay_contract import chain
from workbay_contract.confirmation import Applied
from workbay_contract.interpreter import judge
from workbay_contract.process import JobState
from workbay_contract.refusal import Refusal

from .facts import Fact, Past, Source, Verdict
from .hindsight import Doubt, History
from .state import Floor, JobNow, OrderState

NOTES = ("authorisation", "share", "absence", "set_aside", "close")
"""What stands in the chain without changing a job's state on the floor."""


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
        person = self.floor.person(fact.user_id, running, job)
        return judge(job.process, job.state, person, fact.confirmation(), job.steps)

    def _correct(self, source: Source, fact: Fact, job: JobNow) -> Verdict:
        """Have a job's other events alone, as far as they still follow each other."""
        state = JobState()
        for past in fact.before:
            following = past.again(job.process, state)
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
        applied = self._applied.get(doubt.source.bay_id, ())
        return doubt.was_right(history, self.floor, applied)
