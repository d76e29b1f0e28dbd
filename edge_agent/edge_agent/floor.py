"""The store's floor as this bay knows it: its board, folded with its own events."""

from collections.abc import Mapping, Sequence

from edge_agent.server_time import ServerTime
from edge_agent.tables import EventRow
from workbay_contract import interpreter
from workbay_contract.board import (
    Board,
    BoardJob,
    BoardOrder,
    BoardPerson,
    BoardStep,
)
from workbay_contract.confirmation import Confirmation, Person
from workbay_contract.events import NodeEvent, decode_event
from workbay_contract.process import JobState, Process
from workbay_contract.wording import ENGLISH


def named(names: Mapping[str, str], lang: str) -> str:
    """A name in ``lang``, in English where there is none."""
    return names.get(lang) or names.get(ENGLISH) or next(iter(names.values()), "")


class Floor:
    """Made anew for every question, from what is on the disk."""

    def __init__(
        self, board: Board | None, rows: Sequence[EventRow], time: ServerTime
    ) -> None:
        self.board = board
        self.heard = board.made_at if board else 0
        self.orders: dict[int, BoardOrder] = {}
        self.jobs: dict[int, BoardJob] = {}
        self._order_of: dict[int, BoardOrder] = {}
        self._persons: dict[int, BoardPerson] = {}
        for order in board.orders if board else ():
            self.orders[order.id] = order
            for job in order.jobs:
                self.jobs[job.id] = job
                self._order_of[job.id] = order
        for person in board.persons if board else ():
            self._persons[person.id] = person
        self._states, self._now = interpreter.fold(
            {job: self.process(job) for job in self.jobs},
            {job.id: job.state for job in self.jobs.values()},
            {
                person.id: Person(
                    id=person.id,
                    roles=person.roles,
                    running_job=person.running_job,
                    certificates=person.certificates,
                )
                for person in self._persons.values()
            },
            [
                confirmation
                for row in rows
                if (confirmation := _confirmed(row, time, self.heard))
            ],
            {job: self.steps(job) for job in self.jobs},
        )

    def process(self, job: int) -> Process:
        """The process of a job on the board."""
        known = self.board.processes if self.board else {}
        nothing = Process(code="unknown", nodes=())
        return known.get(self.jobs[job].process, nothing)

    def steps(self, job: int) -> tuple[BoardStep, ...]:
        """The steps of a job's procedure."""
        procedure = self.jobs[job].procedure
        if self.board is None or procedure is None:
            return ()
        return self.board.procedures.get(procedure, ())

    def state(self, job: int) -> JobState:
        return self._states[job]

    def person(self, person: int) -> Person:
        """What counts of a person on the board, with his clock as folded."""
        return self._now[person]

    def by_sheet(self, sheet: str) -> BoardOrder | None:
        return next((row for row in self.orders.values() if row.sheet == sheet), None)

    def by_badge(self, badge: str, now: int | None) -> BoardPerson | None:
        """:param now: to judge the badge's validity; None: not judged here."""
        for person in self._persons.values():
            if person.badge == badge:
                expired = (
                    now is not None
                    and person.valid_to is not None
                    and person.valid_to <= now
                )
                return None if expired else person
        return None

    def person_name(self, person: int | None) -> str | None:
        known = self._persons.get(person) if person is not None else None
        return known.name if known else None

    def order_name(self, order: int) -> str:
        known = self.orders.get(order)
        return known.name if known else f"#{order}"

    def job_name(self, job: int, lang: str) -> str:
        known = self.jobs.get(job)
        return named(known.name, lang) if known else f"#{job}"

    def step_name(self, job: int, step: int, lang: str) -> str:
        steps = self.steps(job) if job in self.jobs else ()
        return next(
            (named(each.name, lang) for each in steps if each.id == step),
            f"#{step}",
        )

    def skill_name(self, skill: int, lang: str) -> str:
        names = self.board.skills.get(skill, {}) if self.board else {}
        return named(names, lang) or f"#{skill}"

    def node_name(self, job: int, code: str, lang: str) -> str:
        node = self.process(job).node(code) if job in self.jobs else None
        return named(node.name, lang) if node else code


def _confirmed(
    row: EventRow, time: ServerTime, heard: int
) -> tuple[int, Confirmation] | None:
    event = decode_event(row.data)
    if not isinstance(event, NodeEvent) or row.person is None:
        return None
    at = max(0, time.of(event.time))
    if time.known() is None and not event.time.synced:
        at = max(heard, at)
    return row.person, Confirmation(
        job=event.job,
        node=event.node,
        at=at,
        photos=len(event.media) - (event.signature is not None),
        reason=event.reason,
        checks=event.checks,
        ticks=event.ticks,
        signature=event.signature,
    )
