"""Who is at the bay and which order is up, as long as somebody is there."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import RLock, Timer
from typing import Any

from edge_agent import foreign
from edge_agent.clock import Clock
from edge_agent.floor import Floor
from edge_agent.media import MediaStore
from edge_agent.outbox import Outbox
from edge_agent.present import Presenter
from edge_agent.server_time import ServerTime
from edge_agent.session import Session
from edge_agent.view import Refusal, ScanResult
from workbay_contract.board import BoardOrder, BoardPerson
from workbay_contract.codes import Kind, read_code
from workbay_contract.enrolment import read_enrolment_code
from workbay_contract.process import JobPhase

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class AtHand:
    """What is worked on at the bay.

    :ivar owner: badge and sheet, as hashes.
    :ivar job: the job looked at.
    :ivar phases: of the order's jobs.
    """

    owner: tuple[str | None, str | None]
    job: int
    phases: Mapping[int, JobPhase]


class Sitting:
    """What is scanned, until nobody was heard of for a while; what it means is looked
    up on the newest board each time.

    Safe to call from any thread.
    """

    def __init__(
        self,
        outbox: Outbox,
        media: MediaStore,
        clock: Clock,
        server_time: ServerTime,
        *,
        lang: str,
        session_minutes: float,
    ) -> None:
        """:param lang: while there is neither person nor board."""
        self._outbox = outbox
        self._media = media
        self._clock = clock
        self._server_time = server_time
        self._lang = lang
        self._idle_ms = round(session_minutes * 60_000)
        self._lock = RLock()
        self._session = Session()
        self._timer: Timer | None = None
        self._known_floor: tuple[tuple[int, int | None], Floor] | None = None

    def close(self) -> None:
        """Forget the session; for the agent's end."""
        self.clear_session()

    def scanned(self, text: str) -> ScanResult:
        """Take a decoded code: a badge says who is here, a sheet which order is up.

        The same code seen again only keeps the session alive (``changed`` is False).
        """
        code = read_code(text)
        if read_enrolment_code(text) is not None:
            return ScanResult(refusal=self._refusal("enrol_not_now"))
        if code is None:
            return ScanResult(refusal=self._refusal(*foreign.told(text)))
        with self._lock:
            self._expire()
            floor = self._floor()
            if code.kind == "badge":
                result = self._scan_badge(floor, code.hash)
            else:
                result = self._scan_sheet(floor, code.hash)
            if result.refusal is None:
                self._touch()
        if result.changed:
            self._outbox.changes.bump()
        return result

    def crowded(self) -> ScanResult:
        """More codes were seen at once than can be meant."""
        return ScanResult(refusal=self._refusal("many_codes"))

    def at_hand(self) -> AtHand | Refusal:
        """Refused while there is nobody, or no order."""
        with self._lock:
            self._expire()
            floor, session = self._floor(), self._session
            order = self._order(floor)
            if code := self._missing(floor):
                return self._refusal(code)
            if order is None or not order.jobs:
                return self._refusal("scan_order_first")
            person = self._person(floor)
            job = Presenter(floor, self._lang).looked_at(order, person, session.job)
            return AtHand(
                owner=(session.badge, session.sheet),
                job=job or order.jobs[0].id,
                phases={job.id: floor.state(job.id).phase for job in order.jobs},
            )

    def choose(self, job: int) -> None:
        """Look at a job of the order that is up; every page and the buttons follow."""
        with self._lock:
            self._expire()
            order = self._order(self._floor())
            if order is None or all(job != known.id for known in order.jobs):
                return
            self._touch()
            if self._session.job == job:
                return
            self._session.job = job
        self._outbox.changes.bump()

    def clear_session(self) -> None:
        """Nobody is here, no order is up, photos not confirmed are dropped."""
        with self._lock:
            if self._session.empty:
                return
            self._drop_photos()
            self._session = Session()
            self._disarm()
        self._outbox.changes.bump()

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` after every change, from the thread that made it; it must
        not block.

        :return: ends the subscription.
        """
        return self._outbox.changes.subscribe(callback)

    def wait_change(self, version: int, timeout: float) -> int:
        """Wait until the view is newer than ``version``, at most ``timeout`` seconds.

        :return: the version now; not newer when the time ran out.
        """
        return self._outbox.changes.wait(version, timeout)

    def announce(self) -> None:
        """Wake whoever waits for a change."""
        self._outbox.changes.bump()

    # The session

    def _scan_badge(self, floor: Floor, badge: str) -> ScanResult:
        person = floor.by_badge(badge, self._server_time.trusted())
        if person is None:
            return self._not_known("badge", "badge_unknown_here")
        changed = self._session.scan_badge(badge)
        if changed:
            self._drop_photos()
        return ScanResult(kind="badge", name=person.name, changed=changed)

    def _scan_sheet(self, floor: Floor, sheet: str) -> ScanResult:
        order = floor.by_sheet(sheet)
        if order is None:
            return self._not_known("order", "order_unknown_here")
        changed = self._session.scan_sheet(sheet)
        if changed:
            self._drop_photos()
        return ScanResult(kind="order", name=order.name, changed=changed)

    def _not_known(self, kind: Kind, code: str) -> ScanResult:
        return ScanResult(kind=kind, refusal=self._refusal(code))

    def _person(self, floor: Floor) -> BoardPerson | None:
        badge = self._session.badge
        return floor.by_badge(badge, self._server_time.trusted()) if badge else None

    def _order(self, floor: Floor) -> BoardOrder | None:
        sheet = self._session.sheet
        return floor.by_sheet(sheet) if sheet else None

    def _missing(self, floor: Floor) -> str | None:
        if self._person(floor) is None:
            return "scan_badge_first"
        return "scan_order_first" if self._order(floor) is None else None

    def _out_of_place(self, floor: Floor, job: int) -> str | None:
        """Why nothing can be said of a job: nobody, no order, or not one of its."""
        if code := self._missing(floor):
            return code
        order = self._order(floor)
        if order is None or all(job != known.id for known in order.jobs):
            return "order_unknown_here"
        return None

    def _drop_photos(self) -> None:
        for photo in self._session.take_pictures():
            self._media.drop(photo.sha256)

    def _touch(self) -> None:
        self._session.expires = self._clock.mono_ms() + self._idle_ms
        if self._timer is None:
            self._arm(self._idle_ms)

    def _expire(self) -> None:
        if self._session.empty or self._clock.mono_ms() < self._session.expires:
            return
        _logger.info("Nobody at the bay any more")
        self.clear_session()

    def _arm(self, wait_ms: int) -> None:
        self._timer = Timer(max(0.05, wait_ms / 1000), self._look_at_the_time)
        self._timer.daemon = True
        self._timer.start()

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look_at_the_time(self) -> None:
        with self._lock:
            self._timer = None
            self._expire()
            if not self._session.empty:
                self._arm(self._session.expires - self._clock.mono_ms())

    # Words

    def _floor(self) -> Floor:
        """The floor as of the last change of it; folded once for all who ask.

        Folding costs as much as there are events that no board knows: after a day
        without a network, far more than all else that a tap or a page asks for.
        """
        made_of = self._outbox.floor_version, self._server_time.offset
        known = self._known_floor
        if known is not None and known[0] == made_of:
            return known[1]
        rows = self._outbox.not_on_board()
        floor = Floor(self._outbox.board, rows, self._server_time)
        self._known_floor = (made_of, floor)
        return floor

    def _speaks(self, floor: Floor, person: BoardPerson | None) -> str:
        if person is not None:
            return person.lang
        return floor.board.lang if floor.board else self._lang

    def _refusal(
        self, code: str, params: Mapping[str, Any] | None = None, job: int | None = None
    ) -> Refusal:
        with self._lock:
            floor = self._floor()
            lang = self._speaks(floor, self._person(floor))
        return Presenter(floor, lang).refusal(code, params or {}, job)
