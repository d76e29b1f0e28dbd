"""Whether a bay was right by the board that it had, where the floor refuses it now."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from workbay_contract.confirmation import Applied
from workbay_contract.interpreter import judge
from workbay_contract.process import JobState

from .facts import Fact, Past, Source
from .state import Floor, JobNow


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

    def was_right(
        self, history: History, floor: Floor, applied: Sequence[Past]
    ) -> bool:
        """Whether the bay's board, folded with its own events, allowed it.

        :param history: read for this fact.
        :param floor: who has which role and certificate.
        :param applied: what the pass has applied of its bay's events.
        """
        source, fact, job = self.source, self.fact, self.job
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
            state = replace(past, media=0).again(job.process, state) or state
        for past in (*own, *applied[: self.applied]):
            if past.job_id == fact.job_id:
                state = past.again(job.process, state) or state
            if past.clock == "start" and past.user_id == fact.user_id:
                running = past.job_id
            elif past.clock == "stop" and running == past.job_id:
                running = None
        # A certificate that has lapsed since, or was taken away, held on that board.
        person = floor.person(fact.user_id, running, job, lapsed=True)
        # What the office settled meanwhile the bay cannot have gone by, but then the
        # floor as it stands refuses it as well.
        state = state.model_copy(update={"settled": job.state.settled})
        result = judge(job.process, state, person, fact.confirmation(), job.steps)
        return isinstance(result, Applied)
