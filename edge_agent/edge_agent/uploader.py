"""Brings photos to the bridge, once Odoo has accepted the events that name them."""

import logging
import time
from http import HTTPStatus
from threading import Event, Thread

import httpx

from edge_agent.identity import Identity
from edge_agent.media import MediaStore
from edge_agent.media_rows import Photo
from edge_agent.outbox import Outbox
from edge_agent.server_time import ServerTime
from workbay_contract import media, steps

FIRST_WAIT = 2.0
LONGEST_WAIT = 300.0
YIELD_SECONDS = 5.0
"""An upload lets waiting events go first, but no longer than this."""
IDLE_SECONDS = 60.0

_TAKEN = (HTTPStatus.OK, HTTPStatus.CREATED)
_NEVER = (
    HTTPStatus.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)

_logger = logging.getLogger(__name__)


class Backoff:
    """Waits that double; time is given."""

    def __init__(self) -> None:
        self._wait = FIRST_WAIT
        self.until = 0.0

    def failed(self, now: float) -> None:
        self.until = now + self._wait
        self._wait = min(self._wait * 2, LONGEST_WAIT)


class Uploader:
    """One thread, one photo at a time."""

    def __init__(
        self,
        identity: Identity,
        outbox: Outbox,
        store: MediaStore,
        server_time: ServerTime,
    ) -> None:
        self._identity = identity
        self._outbox = outbox
        self._store = store
        self._server_time = server_time
        self._client = httpx.Client(
            verify=identity.media_tls(server_time),
            timeout=httpx.Timeout(10, read=60, write=60),
            trust_env=False,
        )
        self._later: dict[str, Backoff] = {}
        self._all = Backoff()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="uploader", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._outbox.changes.bump()
        self._client.close()  # ends an upload that is under way
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            version = self._outbox.changes.version
            try:
                if self.step(time.monotonic()):
                    continue
            except Exception:
                if self._stopping.is_set():
                    return
                _logger.exception("Uploader stumbled")
                self._all.failed(time.monotonic())
            self._outbox.changes.wait(version, self._pause(time.monotonic()))

    def step(self, now: float) -> bool:
        """Upload one photo if one can go; False: wait for a change or a back-off."""
        at = self._server_time.known()
        if at is None or self._all.until > now:
            return False
        waiting = [name for name, wait in self._later.items() if wait.until > now]
        photo = self._outbox.media.next(skip=waiting)
        if photo is None:
            return False
        self._let_events_go_first()
        self._upload(photo, now)
        return True

    def _pause(self, now: float) -> float:
        untils = [self._all.until, *(wait.until for wait in self._later.values())]
        ahead = [until - now for until in untils if until > now]
        return min([IDLE_SECONDS, *ahead])

    def _let_events_go_first(self) -> None:
        deadline = time.monotonic() + YIELD_SECONDS
        while not self._stopping.is_set():
            version = self._outbox.changes.version
            remaining = deadline - time.monotonic()
            if remaining <= 0 or not self._outbox.counts().events:
                return
            self._outbox.changes.wait(version, remaining)

    def _upload(self, photo: Photo, now: float) -> None:
        path = self._store.path(photo.sha256)
        if path is None:
            self._quarantine(photo, "the file is lost")
            return
        try:
            with path.open("rb") as file:
                answer = self._client.put(
                    self._identity.media_url + media.path(photo.sha256),
                    content=file,
                    headers=self._headers(photo),
                )
        except httpx.TransportError as error:
            _logger.info("Photo waits: %s", error, extra=_named(photo))
            self._all.failed(now)
            return
        self._take(photo, answer, now)

    def _headers(self, photo: Photo) -> dict[str, str]:
        at = self._server_time.best()
        signed = media.sign_upload(
            self._identity.key, self._identity.device, photo.sha256, at
        )
        return {**signed, "Content-Type": photo.type}

    def _take(self, photo: Photo, answer: httpx.Response, now: float) -> None:
        status = answer.status_code
        if status in _TAKEN:
            self._later.pop(photo.sha256, None)
            self._all = Backoff()
            steps.reached("agent.photo.taken")
            self._outbox.media.mark(photo.sha256, "uploaded")
            _logger.info("Photo uploaded", extra=_named(photo))
        elif status == HTTPStatus.NOT_FOUND:
            self._later.setdefault(photo.sha256, Backoff()).failed(now)
        elif status in _NEVER:
            self._quarantine(photo, f"HTTP {status}: {answer.text[:200]}")
        else:
            _logger.warning("Photo not taken: HTTP %s", status, extra=_named(photo))
            self._all.failed(now)

    def _quarantine(self, photo: Photo, reason: str) -> None:
        _logger.error("Photo will not go: %s", reason, extra=_named(photo))
        self._later.pop(photo.sha256, None)
        self._outbox.media.mark(photo.sha256, "quarantined", reason)


def _named(photo: Photo) -> dict[str, str]:
    return {"event": photo.event, "photo": photo.sha256}
