"""What one call may have to know of the floor, and changes in memory."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from workbay_contract import chain
from workbay_contract.checks import Step
from workbay_contract.confirmation import Certificate, Person
from workbay_contract.process import JobState, Process


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

    def person(
        self, user_id: int, running_job: int | None, job: JobNow, lapsed: bool = False
    ) -> Person:
        """Somebody as the interpreter sees him, for a job.

        :param running_job: the job that his clock runs on.
        :param lapsed: whether a certificate counts that has run out.
        """
        certificates: tuple[Certificate, ...] = ()
        if job.state.skills:
            company_id = self.orders[job.order_id].company_id
            certificates = self.certificates(user_id, company_id)
        if lapsed:
            certificates = tuple(
                Certificate.model_construct(skill=each.skill) for each in certificates
            )
        return Person.model_construct(
            id=user_id,
            roles=self.roles(user_id),
            running_job=running_job,
            certificates=certificates,
        )
