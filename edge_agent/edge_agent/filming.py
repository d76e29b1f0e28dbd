"""Videos at a bay: from its own camera or a phone, for what is confirmed next."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Literal

from edge_agent.bay import Bay
from edge_agent.camera import CameraError, CameraFeed
from edge_agent.media import MEGABYTE, MediaStore, PhotoError
from edge_agent.recorder import Recorder
from edge_agent.session import Coming
from edge_agent.sitting import AtHand
from edge_agent.video import MAX_SOURCE_BYTES, GivenUpError, VideoError
from edge_agent.view import Refusal
from workbay_contract.events import MAX_VIDEO_SECONDS, MediaRef
from workbay_contract.types import Message

LOOK_SECONDS = 0.2
STEP = 5
"""Per cent between two tellings of how far a video is."""
END_SECONDS = 30.0

_logger = logging.getLogger(__name__)

Phase = Literal["recording", "sending", "making"]


class FilmView(Message):
    """How far the video is that is on its way.

    :ivar phase: None where none is.
    :ivar percent: of ``sending`` and ``making``, where it is known.
    :ivar seconds: how long one may be.
    :ivar megabytes: how large a file a phone may bring.
    """

    phase: Phase | None = None
    percent: int | None = None
    seconds: int = MAX_VIDEO_SECONDS
    megabytes: int = MAX_SOURCE_BYTES // MEGABYTE


@dataclass(eq=False)
class Film:
    """One video on its way.

    :ivar path: where a phone's bytes go.
    """

    coming: Coming
    phase: Phase
    path: Path | None = None
    percent: int | None = None
    stopped: Event = field(default_factory=Event)
    kept: Future[MediaRef | Refusal] = field(default_factory=Future)


class Filming:
    """One video at a time; safe from any thread.

    A video is given up when the person leaves or another comes, when another order
    comes up, and when the agent ends. Nothing of it is left then.
    """

    def __init__(self, bay: Bay, media: MediaStore, camera: CameraFeed) -> None:
        self._bay = bay
        self._media = media
        self._recorder = Recorder(camera, media)
        self._lock = Lock()
        self._film: Film | None = None
        self._failed: tuple[AtHand, Refusal] | None = None
        self._told: Callable[[Refusal], None] = lambda refusal: None
        self._threads: set[Thread] = set()
        self._closed = False

    def on_failure(self, told: Callable[[Refusal], None]) -> None:
        """Have the screen say why a recording that ended by itself is not kept."""
        self._told = told

    def view(self) -> FilmView:
        with self._lock:
            film = self._film
        if film is None:
            return FilmView()
        return FilmView(phase=film.phase, percent=film.percent)

    def left(self) -> float | None:
        """Seconds that the recording may still last; None while there is none."""
        seconds = self._recorder.seconds
        return None if seconds is None else max(0.0, MAX_VIDEO_SECONDS - seconds)

    def failed(self, hand: AtHand) -> Refusal | None:
        """Why the last video that a phone brought for this person and order failed."""
        with self._lock:
            if self._failed is None or self._failed[0].owner != hand.owner:
                return None
            return self._failed[1]

    # From the bay's camera

    def record(self) -> Refusal | None:
        """Begin; it ends by itself when a video may be no longer.

        :raises CameraError: the camera gives no picture.
        """
        film = self._begin("recording")
        if isinstance(film, Refusal):
            return film
        try:
            self._recorder.start()
        except (VideoError, PhotoError) as error:
            self._over(film)
            return self._bay.refused(error)
        except CameraError:
            self._over(film)
            raise
        self._run(film, self._recorded)
        return None

    def stop(self) -> MediaRef | Refusal:
        """End the recording and keep it; takes a second or two."""
        with self._lock:
            film = self._film
        if film is None or film.path is not None or film.phase == "sending":
            return self._bay.refused(VideoError("video_unreadable"))
        film.stopped.set()
        return film.kept.result()

    def give_up(self, film: Film | None = None) -> None:
        """Forget ``film``, else whatever is on its way; nothing is left of it then,
        and the next one may begin.
        """
        with self._lock:
            film = film or self._film
        if film is None:
            return
        self._bay.give_up_video(film.coming)
        if film.phase == "sending":
            self._over(film)
        else:
            wait([film.kept], END_SECONDS)

    def close(self) -> None:
        """Give up what is on its way, and wait for its end."""
        with self._lock:
            self._closed = True
            threads = list(self._threads)
        self.give_up()
        for thread in threads:
            thread.join(END_SECONDS)

    # From a phone

    def expect(self, hand: AtHand, size: int) -> Film | Refusal:
        """A phone sends so many bytes: they go to the film's ``path``.

        A refusal is among ``failed`` too: who still sends may not hear the answer.
        """
        film = self._expected(hand, size)
        if isinstance(film, Refusal):
            with self._lock:
                self._failed = (hand, film)
        return film

    def _expected(self, hand: AtHand, size: int) -> Film | Refusal:
        if size > MAX_SOURCE_BYTES:
            most = MAX_SOURCE_BYTES // MEGABYTE
            return self._bay.refused(VideoError("video_large", most=most))
        film = self._begin("sending", hand)
        if isinstance(film, Refusal):
            return film
        try:
            film.path = self._media.incoming(size)
        except PhotoError as error:
            self._over(film)
            return self._bay.refused(error)
        return film

    def goes_on(self, film: Film, done: float) -> bool:
        """Whether it is still wanted; ``done`` of it is there, 0 to 1."""
        percent = int(done * 100) // STEP * STEP
        if percent != film.percent:
            film.percent = percent
            self._bay.announce()
        return not self._closed and self._bay.expects(film.coming)

    def make(self, film: Film, hand: AtHand) -> None:
        """All of a phone's bytes are there: a video is made of them, in its own time.

        What comes of it is seen by ``view``, the bay's photos and ``failed``.
        """
        film.phase, film.percent = "making", 0
        self._run(film, lambda film: self._made(film, hand))
        self._bay.announce()

    # In a thread of its own

    def _recorded(self, film: Film) -> MediaRef | Refusal:
        while not (film.stopped.wait(LOOK_SECONDS) or self._recorder.ended):
            if not self._bay.expects(film.coming):
                self._recorder.cancel()
                raise GivenUpError
        film.phase, film.percent = "making", None
        self._bay.announce()
        try:
            kept = self._recorder.stop()
        except (VideoError, PhotoError) as error:
            refusal = self._bay.refused(error)
            if not film.stopped.is_set():
                self._told(refusal)
            return refusal
        return self._bay.add_video(film.coming, kept)

    def _made(self, film: Film, hand: AtHand) -> MediaRef | Refusal:
        assert film.path is not None
        try:
            kept = self._media.keep_video(
                film.path, heard=lambda done: self.goes_on(film, done)
            )
        except (VideoError, PhotoError) as error:
            refusal = self._bay.refused(error)
            with self._lock:
                self._failed = (hand, refusal)
            return refusal
        return self._bay.add_video(film.coming, kept)

    def _run(self, film: Film, work: Callable[[Film], MediaRef | Refusal]) -> None:
        def run() -> None:
            kept: MediaRef | Refusal = self._bay.refused(VideoError("video_unreadable"))
            try:
                kept = work(film)
            except GivenUpError:
                _logger.info("A video was given up")
            except Exception:
                _logger.exception("A video failed")
            finally:
                with self._lock:
                    self._threads.discard(thread)
                self._over(film)
                film.kept.set_result(kept)

        thread = Thread(target=run, name="filming", daemon=True)
        with self._lock:
            self._threads.add(thread)
        thread.start()

    def _begin(self, phase: Phase, hand: AtHand | None = None) -> Film | Refusal:
        coming = self._bay.expect_video(hand)
        if isinstance(coming, Refusal):
            return coming
        with self._lock:
            before = self._film
            if before is not None or self._closed:  # somebody else's still ends
                film = None
            else:
                film = self._film = Film(coming, phase)
                self._failed = None
        if film is None:
            self._bay.give_up_video(coming)
            return self._bay.refused(VideoError("video_busy"))
        return film

    def _over(self, film: Film) -> None:
        """Nothing of it is left but what was kept."""
        with self._lock:
            if self._film is film:
                self._film = None
        if film.path is not None:
            film.path.unlink(missing_ok=True)
        self._bay.give_up_video(film.coming)
        self._bay.announce()
