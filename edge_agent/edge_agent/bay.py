"""The bay as the kiosk sees it: who is here, which order is up, what may be confirmed.

``Bay`` is safe to call from any thread.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy.exc import DatabaseError

from edge_agent.clock import Clock, event_time
from edge_agent.floor import Floor
from edge_agent.identity import Identity
from edge_agent.media import MediaStore, PhotoError
from edge_agent.outbox import Outbox
from edge_agent.picture_store import PictureStore
from edge_agent.present import Presenter
from edge_agent.server_time import ServerTime
from edge_agent.session import Coming, Session
from edge_agent.sitting import AtHand, Sitting
from edge_agent.video import VideoError
from edge_agent.view import ConnectionState, Recorded, Refusal, View
from workbay_contract import interpreter
from workbay_contract.board import BoardOrder, BoardPerson
from workbay_contract.checks import Check, Tick, refuse_values
from workbay_contract.confirmation import Applied, Confirmation
from workbay_contract.errors import ContractError
from workbay_contract.events import MediaRef, NodeEvent

MAX_PHOTOS = 20
"""What one event can name."""

_logger = logging.getLogger(__name__)


class Bay(Sitting):
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
        pictures: PictureStore | None = None,
    ) -> None:
        """:param lang: while there is neither person nor board.

        :param pictures: of the procedures' steps.
        """
        super().__init__(
            outbox,
            media,
            clock,
            server_time,
            lang=lang,
            session_minutes=session_minutes,
        )
        self._identity = identity
        self._connection = connection
        self._pictures = pictures

    def view(self, lang: str | None = None) -> View:
        """What to show, in ``lang``, else the person's language, else the board's."""
        version = self._outbox.changes.version
        with self._lock:
            self._expire()
            floor = self._floor()
            person, order = self._person(floor), self._order(floor)
            photos = tuple(self._session.photos)
            gathered = self._session.gathered()
            chosen = self._session.job
        present = Presenter(
            floor, lang or self._speaks(floor, person), gathered, self._pictures or ()
        )
        counts = self._outbox.counts()
        not_kept = self._media.not_kept((*photos, *gathered.signatures.values()))
        return present.view(
            version=version,
            now=max(0, self._server_time.best()),
            connection=self._connection(),
            person=person,
            order=order,
            chosen=chosen,
            photos=photos,
            not_kept=not_kept,
            counts=counts,
            stuck=self._outbox.media.stuck() if counts.media_stuck else (),
            recent=self._outbox.recent(present.RECENT),
            issues=self._outbox.issues(),
        )

    def add_photo(
        self, frame_jpeg: bytes, hand: AtHand | None = None
    ) -> MediaRef | Refusal:
        """Keep a photo for the node that is confirmed next.

        :param hand: what the photo was taken for, where that was not here.

        Refused without a person and an order, or when the bytes are no picture. Where
        there is no room it is taken and not kept, as the view says.
        """

        def add(session: Session, photo: MediaRef) -> None:
            if photo not in session.photos:
                session.photos.append(photo)

        return self._keep(frame_jpeg, add, hand.owner if hand else None)

    def sign(self, job: int, node: str, picture: bytes) -> MediaRef | Refusal:
        """Keep a signature for a node of a job; it replaces the one before."""

        def add(session: Session, photo: MediaRef) -> None:
            before = session.signatures.get((job, node))
            session.signatures[job, node] = photo
            if before is not None and before != photo:
                self._media.drop(before.sha256)

        return self._keep(picture, add)

    def _keep(
        self,
        picture: bytes,
        add: Callable[[Session, MediaRef], None],
        wanted: tuple[str | None, str | None] | None = None,
    ) -> MediaRef | Refusal:
        with self._lock:
            if refusal := self._no_more(wanted):
                return refusal
            owner = (self._session.badge, self._session.sheet)
        try:
            kept = self._media.keep(picture)  # slow: not under the lock
        except PhotoError as error:
            return self.refused(error)
        with self._lock:
            session = self._session
            if owner != (session.badge, session.sheet):  # somebody else came
                self._media.drop(kept.sha256)
                return self._refusal("scan_badge_first")
            add(session, kept)
            self._touch()
        self._outbox.changes.bump()
        return kept

    def _no_more(self, wanted: tuple[str | None, str | None] | None) -> Refusal | None:
        """Why no photo or video can be taken, under the lock.

        :param wanted: badge and sheet that it is for; None: those that are here.
        """
        self._expire()
        session = self._session
        if code := self._missing(self._floor()):
            return self._refusal(code)
        if len(session.photos) + len(session.signatures) >= MAX_PHOTOS:
            return self._refusal("photos_enough", {"most": MAX_PHOTOS})
        if wanted not in (None, (session.badge, session.sheet)):
            return self._refusal("scan_badge_first")
        return None

    def drop_photo(self, sha256: str) -> None:
        """Take back a photo or video that no event names yet; another is no error."""
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
        """The file of a photo or video that lies on this bay's disk."""
        return self._media.path(sha256)

    def preview(self, sha256: str) -> bytes | None:
        """A photo not confirmed yet for which there was no room, as a small JPEG."""
        return self._media.preview(sha256)

    def picture(self, sha256: str) -> Path | None:
        """The file of a step's picture, once it is here."""
        return self._pictures.path(sha256) if self._pictures else None

    # Videos, which take longer than a photo

    def expect_video(self, hand: AtHand | None = None) -> Coming | Refusal:
        """A video is on its way for the node that is confirmed next, one at a time.

        Until it is there or given up nothing is confirmed, so that none is left out.

        :param hand: what it is for, where that was not here.
        """
        with self._lock:
            if refusal := self._no_more(hand.owner if hand else None):
                return refusal
            if self._session.coming is not None:
                return self._refusal("video_busy")
            coming = self._session.coming = Coming()
            self._touch()
        self._outbox.changes.bump()
        return coming

    def expects(self, coming: Coming) -> bool:
        """Whether the video is still wanted; as long as it is, somebody is here."""
        with self._lock:
            self._expire()
            if self._session.coming is not coming:
                return False
            self._touch()
            return True

    def add_video(self, coming: Coming, kept: MediaRef) -> MediaRef | Refusal:
        """Take a video that was expected; one that nobody expects is dropped."""
        with self._lock:
            if not self.expects(coming):
                self._media.drop(kept.sha256)
                return self._refusal("scan_badge_first")
            self._session.coming = None
            if kept not in self._session.photos:
                self._session.photos.append(kept)
        self._outbox.changes.bump()
        return kept

    def give_up_video(self, coming: Coming) -> None:
        """It is not expected any more; if it was not, that is no error."""
        with self._lock:
            if self._session.coming is not coming:
                return
            self._session.coming = None
        self._outbox.changes.bump()

    def refused(self, error: PhotoError | VideoError) -> Refusal:
        """Why a photo or video was not kept, in words."""
        return self._refusal(error.code, getattr(error, "params", None))

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
            code = self._out_of_place(floor, job)
            if code or person is None or order is None:
                return self._refusal(code or "scan_badge_first")
            if self._session.coming is not None:
                return self._refusal("video_coming")
            photos = tuple(self._session.photos)
            signature = self._session.signatures.get((job, node))
            confirmation = Confirmation(
                job=job,
                node=node,
                at=self._server_time.judged(floor.heard),
                photos=len(photos),
                reason=reason,
                checks=self._session.checked(job),
                ticks=self._session.ticked(job, node),
                signature=signature.sha256 if signature else None,
            )
            result = interpreter.judge(
                floor.process(job),
                floor.state(job),
                floor.person(person.id),
                confirmation,
                floor.steps(job),
            )
            if not isinstance(result, Applied):
                return self._refusal(result.code, result.params, job)
            media = photos if signature is None else (*photos, signature)
            recorded = self._record(floor, person, order, confirmation, media)
            if isinstance(recorded, Recorded):
                self._session.recorded(job, node)
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
            if code := self._out_of_place(floor, job):
                return self._refusal(code)
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

    def tick(
        self, job: int, node: str, item: str, value: str | None = None
    ) -> Tick | Refusal:
        """Tick a line of a node's own checklist, or enter a value that it demands.

        A value outside its limits is taken as it was measured; the node refuses it.
        """
        with self._lock:
            self._expire()
            floor = self._floor()
            if code := self._out_of_place(floor, job):
                return self._refusal(code)
            found = floor.process(job).node(node)
            if found is None:
                return self._refusal("node_unknown", {"node": node})
            measured = {each.code for each in found.measurements}
            wanted = {each.code for each in found.checklist} | measured
            if item not in wanted or (item in measured) != (value is not None):
                return self._refusal("checklist_missing", {"missing": len(wanted)})
            said = Tick(code=item, value=value)
            self._session.ticks.setdefault((job, node), {})[item] = said
            self._touch()
        self._outbox.changes.bump()
        return said

    def untick(self, job: int, node: str, item: str) -> None:
        """Take back a tick or a value; an unknown one is no error."""
        with self._lock:
            if self._session.ticks.get((job, node), {}).pop(item, None) is None:
                return
            self._touch()
        self._outbox.changes.bump()

    # Recording

    def _record(
        self,
        floor: Floor,
        person: BoardPerson,
        order: BoardOrder,
        said: Confirmation,
        media: tuple[MediaRef, ...],
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
                media=media,
                checks=said.checks,
                ticks=said.ticks,
                signature=said.signature,
            )

        not_kept = self._media.not_kept(media)
        try:
            row = self._outbox.record(make, person.id, shown, not_kept)
        except ContractError as error:
            return self._refusal(error.code)
        except DatabaseError:
            _logger.exception("Event not recorded")
            return self._refusal("not_recorded")
        _logger.info(
            "Recorded",
            extra={"event": row.uuid, "seq": row.seq, "job": job, "node": node},
        )
        self._media.let_go(not_kept)
        return Recorded(uuid=UUID(row.uuid), seq=row.seq)
