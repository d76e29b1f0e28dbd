"""The floor put into words of one language, for the kiosk's page."""

from collections.abc import Collection, Container, Mapping, Sequence
from typing import Any, ClassVar, cast
from uuid import UUID

from edge_agent.floor import Floor, named
from edge_agent.media_rows import Stuck
from edge_agent.outbox import Counts
from edge_agent.session import Gathered
from edge_agent.tables import EventRow, IssueRow
from edge_agent.view import (
    ButtonName,
    ChoiceView,
    ConnectionState,
    DemandView,
    EventResult,
    IssueView,
    JobView,
    NodeView,
    OrderView,
    PersonView,
    PhotoView,
    RecentView,
    Refusal,
    StepView,
    View,
    WaitingView,
)
from workbay_contract import interpreter, wording
from workbay_contract.batch import GENESIS
from workbay_contract.board import BoardJob, BoardOrder, BoardPerson, BoardStep
from workbay_contract.checks import Check, Step, Tick, merged
from workbay_contract.confirmation import Applied, Confirmation
from workbay_contract.events import MediaRef
from workbay_contract.process import JobState, Measurement, Node


class Presenter:
    """One floor, one language."""

    RECENT: ClassVar = 8
    """Events that are shown with what became of them."""

    def __init__(
        self,
        floor: Floor,
        lang: str,
        gathered: Gathered | None = None,
        pictures: Container[str] = (),
    ) -> None:
        """:param gathered: for the next confirmation.

        :param pictures: those that can be shown.
        """
        self._floor = floor
        self._lang = lang
        self._gathered = gathered or Gathered()
        self._pictures = pictures

    def view(
        self,
        *,
        version: int,
        now: int,
        connection: ConnectionState,
        person: BoardPerson | None,
        order: BoardOrder | None,
        chosen: int | None,
        photos: Sequence[MediaRef],
        not_kept: Collection[str],
        counts: Counts,
        stuck: Sequence[Stuck],
        recent: Sequence[EventRow],
        issues: Sequence[IssueRow],
    ) -> View:
        board = self._floor.board
        return View(
            version=version,
            lang=self._lang,
            store=board.store if board else "",
            bay=board.bay_name if board else "",
            board=board.version if board else 0,
            now=now,
            connection=connection,
            person=self._person(person) if person else None,
            order=self._order(order, person, now, len(photos)) if order else None,
            job=self.looked_at(order, person, chosen) if order else None,
            photos=tuple(
                PhotoView(
                    sha256=photo.sha256,
                    size=photo.size,
                    type=photo.type,
                    kept=photo.sha256 not in not_kept,
                )
                for photo in photos
            ),
            not_kept=len(not_kept),
            waiting=WaitingView(
                events=counts.events,
                media=counts.media,
                media_stuck=counts.media_stuck,
            ),
            stuck=tuple(
                dict.fromkeys(self._word(each.reason, {}, None) for each in stuck)
            ),
            contradicted=counts.contradicted,
            recent=tuple(self._recent(row) for row in recent),
            issues=self._issues(issues, person, order),
        )

    def refusal(
        self, code: str, params: Mapping[str, Any], job: int | None = None
    ) -> Refusal:
        """A refusal in words; nodes among its parameters are named by ``job``."""
        return Refusal(
            code=code, params=dict(params), text=self._word(code, params, job)
        )

    def _word(self, code: str, params: Mapping[str, Any], job: int | None) -> str:
        shown = dict(params)
        if job is not None:
            for key in ("node", "after"):
                if isinstance(shown.get(key), str):
                    shown[key] = self._floor.node_name(job, shown[key], self._lang)
            if isinstance(shown.get("step"), int):
                shown["step"] = self._floor.step_name(job, shown["step"], self._lang)
            if "steps" in shown:
                shown["steps"] = [
                    self._floor.step_name(job, int(step), self._lang)
                    for step in shown["steps"]
                ]
            if "skills" in shown:
                shown["skills"] = [
                    self._floor.skill_name(int(skill), self._lang)
                    for skill in shown["skills"]
                ]
            if "allowed" in shown:
                shown["allowed"] = [
                    self._floor.node_name(job, str(node), self._lang)
                    for node in shown["allowed"]
                ]
        return wording.word(code, shown, self._lang)

    def looked_at(
        self, order: BoardOrder, person: BoardPerson | None, chosen: int | None
    ) -> int | None:
        """The job chosen, else the person's own, else the first that can go on."""
        jobs = [job.id for job in order.jobs]
        if chosen in jobs:
            return chosen
        own = self._floor.person(person.id).running_job if person else None
        if own in jobs:
            return own
        open_ones = (
            job.id
            for job in order.jobs
            if any(
                node.may or node.asks
                for node in self._job(job, person, self._floor.heard, 0).nodes
            )
        )
        return next(open_ones, jobs[0] if jobs else None)

    def _person(self, person: BoardPerson) -> PersonView:
        return PersonView(
            id=person.id,
            name=person.name,
            lang=person.lang,
            roles=tuple(
                wording.name_of(wording.ROLES, role, self._lang)
                for role in person.roles
            ),
            running_job=self._floor.person(person.id).running_job,
        )

    def _order(
        self, order: BoardOrder, person: BoardPerson | None, now: int, photos: int
    ) -> OrderView:
        return OrderView(
            id=order.id,
            name=order.name,
            plate=order.plate,
            vehicle=order.vehicle,
            complaint=order.complaint,
            jobs=tuple(self._job(job, person, now, photos) for job in order.jobs),
        )

    def _job(
        self, job: BoardJob, person: BoardPerson | None, now: int, photos: int
    ) -> JobView:
        state = self._floor.state(job.id)
        process = self._floor.process(job.id)
        nodes = [process.node(code) for code in process.allowed(state)]
        return JobView(
            id=job.id,
            name=named(job.name, self._lang),
            hours=job.hours,
            off_standard=job.off_standard,
            phase=state.phase,
            node=(
                self._floor.node_name(job.id, state.node, self._lang)
                if state.node
                else None
            ),
            running=self._floor.person_name(state.running),
            since=state.since,
            worked_ms=state.worked_ms,
            nodes=tuple(
                self._node(job.id, node, person, now, photos) for node in nodes if node
            ),
            steps=self._steps(job, state),
        )

    def _node(
        self, job: int, node: Node, person: BoardPerson | None, now: int, photos: int
    ) -> NodeView:
        now = max(now, self._floor.heard)
        signature = self._gathered.signatures.get((job, node.code))
        said = self._said(job, node, now, photos)
        refusal = self._why_not(job, person, said)
        # What the kiosk can take on the way shuts no node.
        beyond = refusal and self._why_not(job, person, self._willing(node, said))
        return NodeView(
            code=node.code,
            name=named(node.name, self._lang),
            may=refusal is None,
            asks=refusal is not None and beyond is None,
            refusal=beyond or refusal,
            photos_needed=node.photos,
            demands=self._demands(node, said.ticks),
            signer=node.signature,
            signed=signature.sha256 if signature else None,
            reasons=tuple(
                ChoiceView(
                    code=code, name=wording.name_of(wording.REASONS, code, self._lang)
                )
                for code in node.reasons
            ),
            button=_button(node),
        )

    def _said(self, job: int, node: Node, now: int, photos: int) -> Confirmation:
        """What a confirmation would say as things are."""
        signature = self._gathered.signatures.get((job, node.code))
        return Confirmation(
            job=job,
            node=node.code,
            at=now,
            photos=photos,
            reason=next(iter(node.reasons), None),  # it is asked for on the tap
            checks=self._gathered.checks.get(job, ()),
            ticks=self._gathered.ticks.get((job, node.code), ()),
            signature=signature.sha256 if signature else None,
        )

    def _willing(self, node: Node, said: Confirmation) -> Confirmation:
        """The same with all that the kiosk takes when the node is tapped."""
        within = [
            Tick(code=each.code, value=_within(each)) for each in node.measurements
        ]
        return said.model_copy(
            update={
                "photos": max(said.photos, node.photos),
                "ticks": (*(Tick(code=each.code) for each in node.checklist), *within),
                "signature": said.signature or GENESIS,
            }
        )

    def _why_not(
        self, job: int, person: BoardPerson | None, said: Confirmation
    ) -> Refusal | None:
        if person is None:
            return self.refusal("scan_badge_first", {})
        result = interpreter.judge(
            self._floor.process(job),
            self._floor.state(job),
            self._floor.person(person.id),
            said,
            self._floor.steps(job),
        )
        if isinstance(result, Applied):
            return None
        return self.refusal(result.code, result.params, job)

    def _demands(self, node: Node, ticks: Sequence[Tick]) -> tuple[DemandView, ...]:
        said = {tick.code: tick for tick in ticks}
        ticked = [
            DemandView(
                code=each.code,
                name=named(each.name, self._lang),
                done=each.code in said,
            )
            for each in node.checklist
        ]
        for each in node.measurements:
            value = said[each.code].value if each.code in said else None
            limits = Step(limit_min=each.limit_min, limit_max=each.limit_max)
            ticked.append(
                DemandView(
                    code=each.code,
                    name=named(each.name, self._lang),
                    measured=True,
                    unit=each.unit or None,
                    limit_min=each.limit_min,
                    limit_max=each.limit_max,
                    done=value is not None,
                    value=value,
                    outside=value is not None and not limits.is_within(value),
                )
            )
        return tuple(ticked)

    def _steps(self, job: BoardJob, state: JobState) -> tuple[StepView, ...]:
        counted = merged(state.checks, self._gathered.checks.get(job.id, ()))
        done = {check.step: check for check in counted}
        return tuple(
            self._step(step, done.get(step.id or 0))
            for step in self._floor.steps(job.id)
        )

    def _step(self, step: BoardStep, done: Check | None) -> StepView:
        value = done.value if done else None
        return StepView(
            id=step.id,
            done=done is not None,
            value=value,
            outside=value is not None and not step.is_within(value),
            name=named(step.name, self._lang),
            instruction=named(step.instruction, self._lang),
            tool=named(step.tool, self._lang) or None,
            limit_min=step.limit_min,
            limit_max=step.limit_max,
            unit=step.unit,
            picture=step.picture if step.picture in self._pictures else None,
        )

    def _recent(self, row: EventRow) -> RecentView:
        result = cast(EventResult, row.result or "waiting")
        if row.effect == "held":
            result = "held"
        return RecentView(
            uuid=UUID(row.uuid),
            seq=row.seq,
            at=row.recorded_at,
            person=row.shown.get("person", ""),
            order=row.shown.get("order", f"#{row.order_id}"),
            job=named(row.shown.get("job", {}), self._lang),
            node=named(row.shown.get("node", {}), self._lang) or row.node or "",
            result=result,
            text=self._word(row.code, row.params or {}, row.job) if row.code else "",
        )

    def _issues(
        self,
        local: Sequence[IssueRow],
        person: BoardPerson | None,
        order: BoardOrder | None,
    ) -> tuple[IssueView, ...]:
        """Those of the person or of the order that is up, ours before the board's."""

        def concerns(of_person: int | None, of_order: int | None) -> bool:
            return (person is not None and of_person == person.id) or (
                order is not None and of_order == order.id
            )

        board = self._floor.board
        ours = {row.seq for row in local}
        return tuple(
            [
                self._own_issue(row)
                for row in local
                if concerns(row.person, row.order_id)
            ]
            + [
                IssueView(
                    seq=issue.seq,
                    at=issue.at,
                    order=issue.order_name or self._floor.order_name(issue.order),
                    job=named(issue.job_name, self._lang)
                    or self._floor.job_name(issue.job, self._lang),
                    node=named(issue.node_name, self._lang)
                    or self._floor.node_name(issue.job, issue.node, self._lang),
                    result=issue.result,
                    text=(
                        self._word(issue.code, issue.params, issue.job)
                        if issue.code
                        else ""
                    ),
                )
                for issue in (board.issues if board else ())
                # A board of the moment after may have what we still list ourselves.
                if concerns(issue.person, issue.order) and issue.seq not in ours
            ]
        )

    def _own_issue(self, row: IssueRow) -> IssueView:
        return IssueView(
            seq=row.seq,
            at=row.recorded_at,
            order=row.shown.get("order", f"#{row.order_id}"),
            job=named(row.shown.get("job", {}), self._lang),
            node=named(row.shown.get("node", {}), self._lang) or row.node or "",
            result="held" if row.result == "held" else "rejected",
            text=self._word(row.code, row.params, row.job) if row.code else "",
        )


def _button(node: Node) -> ButtonName | None:
    if node.clock == "start":
        return "start"
    if node.state == "paused":
        return "pause"
    return "finish" if node.state == "done" else None


def _within(each: Measurement) -> str:
    """A value that keeps the limits."""
    limit = each.limit_min if each.limit_min is not None else each.limit_max
    return f"{limit or 0:.3f}"
