"""The bay as the kiosk sees it: who is here, which order is up, what may be confirmed.

``Bay`` is safe to call from any thread.
"""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import RLock, Timer
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.exc import DatabaseError

from edge_agent import foreign
from edge_agent.clock import Clock, event_time
from edge_agent.floor import Floor
from edge_agent.identity import Identity
from edge_agent.media import MediaStore, PhotoError
from edge_agent.outbox import Outbox
from edge_agent.present import Presenter
from edge_agent.server_time import ServerTime
from edge_agent.session import Session
from edge_agent.view import ConnectionState, Recorded, Refusal, ScanResult, View
from workbay_contract import interpreter
from workbay_contract.board import BoardOrder, BoardPerson
from workbay_contract.checks import Check, refuse_values
from workbay_contract.codes import Kind, read_code
from workbay_contract.enrolment import read_enrolment_code
from workbay_contract.errors import ContractError
from workbay_contract.events import MediaRef, NodeEvent
from workbay_contract.interpreter import Confirmation

MAX_PHOTOS = 20
"""What one event can name."""

_logger = logging.getLogger(__name__)


class Bay:
    """The facade behind kiosk, scanner and panel.

    Local state is the newest board folded with the bay's own events that the board
    cannot know yet; it is never stored.
    """

    def __init__(
        self,
        identity: Identity,
        outbox: Outbox,
        media: MediaStore,
        clock: Clock,
        server_time: ServerTime,
        connection: Callable[[], ConnectionState],
        *,
        lang: str = "en_US",
        session_minutes: float = 10,
    ) -> None:
        """:param lang: while there is neither person nor board."""
        self._identity = identity
        self._outbox = outbox
        self._media = media
        self._clock = clock
        self._server_time = server_time
        self._connection = connection
        self._lang = lang
        self._idle_ms = round(session_minutes * 60_000)
        self._lock = RLock()
        self._session = Session()
        self._timer: Timer | None = None
        self._known_floor: tuple[int, Floor] | None = None

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

    def view(self, lang: str | None = None) -> View:
        """What to show, in ``lang``, else the person's language, else the board's."""
        version = self._outbox.changes.version
        with self._lock:
            self._expire()
            floor = self._floor()
            person, order = self._person(floor), self._order(floor)
            photos = tuple(self._session.photos)
            checked = {job: self._session.checked(job) for job in self._session.checks}
        present = Presenter(floor, lang or self._speaks(floor, person), checked)
        return present.view(
            version=version,
            now=max(0, self._server_time.best()),
            connection=self._connection(),
            person=person,
            order=order,
            photos=photos,
            counts=self._outbox.counts(),
            recent=self._outbox.recent(present.RECENT),
            issues=self._outbox.issues(),
        )

    def add_photo(self, frame_jpeg: bytes) -> MediaRef | Refusal:
        """Keep a photo for the node that is confirmed next.

        Refused without a person and an order, when the disk budget is spent, or when
        the bytes are no picture.
        """
        with self._lock:
            self._expire()
            session, floor = self._session, self._floor()
            if code := self._missing(floor):
                return self._refusal(code)
            if len(session.photos) >= MAX_PHOTOS:
                return self._refusal("photos_enough", {"most": MAX_PHOTOS})
            owner = (session.badge, session.sheet)
        try:
            photo = self._media.keep(frame_jpeg)  # slow: not under the lock
        except PhotoError as error:
            return self._refusal(error.code)
        with self._lock:
            session = self._session
            if owner != (session.badge, session.sheet):  # somebody else came
                self._media.drop(photo.sha256)
                return self._refusal("scan_badge_first")
            if photo not in session.photos:
                session.photos.append(photo)
            self._touch()
        self._outbox.changes.bump()
        return photo

    def drop_photo(self, sha256: str) -> None:
        """Take back a photo that no event names yet; an unknown one is no error."""
        with self._lock:
            photos = self._session.photos
            kept = [photo for photo in photos if photo.sha256 != sha256]
            if len(kept) == len(photos):
                return
            self._session.photos = kept
            self._media.drop(sha256)
            self._touch()
        self._outbox.changes.bump()

    def photo(self, sha256: str) -> Path | None:
        """The file of a photo that lies on this bay's disk."""
        return self._media.path(sha256)

    def confirm(
        self, job: int, node: str, reason: str | None = None
    ) -> Recorded | Refusal:
        """Confirm a node of a job of the order that is up, with the photos taken.

        ``Recorded`` is returned only once the event is committed to disk.
        """
        # Judging and recording under one lock: a double tap is judged on its first.
        with self._lock:
            self._expire()
            floor = self._floor()
            person, order = self._person(floor), self._order(floor)
            if person is None or order is None:
                return self._refusal(self._missing(floor) or "scan_badge_first")
            if all(job != known.id for known in order.jobs):
                return self._refusal("order_unknown_here")
            photos = tuple(self._session.photos)
            confirmation = Confirmation(
                job=job,
                node=node,
                at=self._server_time.judged(floor.heard),
                photos=len(photos),
                reason=reason,
                checks=self._session.checked(job),
            )
            result = interpreter.judge(
                floor.process(job),
                floor.state(job),
                floor.person(person.id),
                confirmation,
                floor.steps(job),
            )
            if isinstance(result, interpreter.Refusal):
                return self._refusal(result.code, result.params, job)
            recorded = self._record(floor, person, order, confirmation, photos)
            if isinstance(recorded, Recorded):
                self._session.take_photos()
                self._session.checks.pop(job, None)
                self._touch()
        # The record itself announced the change, but before the photos were gone.
        self._outbox.changes.bump()
        return recorded

    def check(self, job: int, step: int, value: str | None = None) -> Check | Refusal:
        """Check off a step of a job for the node that is confirmed next.

        A value outside its limits is taken as it was measured; the node that demands
        the step refuses it.
        """
        with self._lock:
            self._expire()
            floor = self._floor()
            if code := self._missing(floor):
                return self._refusal(code)
            order = self._order(floor)
            if order is None or all(job != known.id for known in order.jobs):
                return self._refusal("order_unknown_here")
            done = Check(step=step, value=value)
            refusal = refuse_values(floor.steps(job), (done,))
            if refusal is not None:
                return self._refusal(refusal.code, refusal.params, job)
            self._session.checks.setdefault(job, {})[step] = done
            self._touch()
        self._outbox.changes.bump()
        return done

    def uncheck(self, job: int, step: int) -> None:
        """Take back a step that no event checks off yet; an unknown one is no error."""
        with self._lock:
            checks = self._session.checks.get(job, {})
            if checks.pop(step, None) is None:
                return
            if not checks:
                del self._session.checks[job]
            self._touch()
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

    # Recording

    def _record(
        self,
        floor: Floor,
        person: BoardPerson,
        order: BoardOrder,
        said: Confirmation,
        photos: tuple[MediaRef, ...],
    ) -> Recorded | Refusal:
        job, node = said.job, said.node
        found = floor.process(job).node(node)
        shown = {
            "order": order.name,
            "person": person.name,
            "job": floor.jobs[job].name,
            "node": found.name if found else {},
        }

        def make(seq: int) -> NodeEvent:
            return NodeEvent(
                uuid=uuid4(),
                device=self._identity.device,
                seq=seq,
                time=event_time(self._clock),
                order=order.id,
                job=job,
                node=node,
                sheet=order.sheet,
                badge=person.badge,
                board=self._outbox.board_version,
                reason=said.reason if found and found.reasons else None,
                media=photos,
                checks=said.checks,
            )

        try:
            row = self._outbox.record(make, person.id, shown)
        except ContractError as error:
            return self._refusal(error.code)
        except DatabaseError:
            _logger.exception("Event not recorded")
            return self._refusal("not_recorded")
        _logger.info(
            "Recorded",
            extra={"event": row.uuid, "seq": row.seq, "job": job, "node": node},
        )
        return Recorded(uuid=UUID(row.uuid), seq=row.seq)

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

    def _drop_photos(self) -> None:
        for photo in self._session.take_photos():
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
        """The floor as of the last change; folded once for all who ask."""
        version = self._outbox.changes.version
        known = self._known_floor
        if known is not None and known[0] == version:
            return known[1]
        rows = self._outbox.not_on_board()
        floor = Floor(self._outbox.board, rows, self._server_time)
        self._known_floor = (version, floor)
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
