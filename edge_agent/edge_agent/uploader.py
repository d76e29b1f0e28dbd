"""Brings photos and videos to the bridge, once Odoo has accepted their events.

An upload goes piece by piece from what the bridge has, so that a network that breaks
costs no more than what was on the wire. It makes way for events: a connection of its
own with small buffers, marked as background for the network, at a bounded rate, and
silent while events wait.
"""

import hashlib
import logging
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from edge_agent.errands import CHUNK, Backoff, Errands, StoppedError
from edge_agent.identity import Identity
from edge_agent.media import MediaStore
from edge_agent.media_rows import Photo
from edge_agent.outbox import Outbox
from edge_agent.server_time import ServerTime
from workbay_contract import media, steps
from workbay_contract.media import Range

YIELD_SECONDS = 5.0
"""An upload lets waiting events go first, but no longer than this at a stretch, and
then goes on for as long: an outbox that never gets empty must not hold it for ever."""
PIECE = 4 * 1024 * 1024
RATE = 1024 * 1024
TRIES = 3
"""So often a file that is right here may arrive wrong before it is given up."""

_ELSEWHERE = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
"""The bridge has more or less than was thought, or it is another bridge."""
_TAKEN = (HTTPStatus.OK, HTTPStatus.CREATED)
_REFUSED = {status: code for code, status in media.REFUSALS.items()}

_logger = logging.getLogger(__name__)


class Uploader(Errands):
    """One thread, one file at a time.

    :param rate: bytes per second that an upload may take.
    """

    def __init__(
        self,
        identity: Identity,
        outbox: Outbox,
        store: MediaStore,
        server_time: ServerTime,
        rate: float = RATE,
    ) -> None:
        super().__init__(
            "uploader",
            identity,
            outbox,
            server_time,
            httpx.Timeout(10, read=60, write=60),
        )
        self._store = store
        self._rate = rate
        self._wrong: dict[str, int] = {}
        self._go_on_until = 0.0

    def step(self, now: float) -> bool:
        """Upload one file if one can go; False: wait for a change or a back-off."""
        if not self._may_ask(now):
            return False
        waiting = [name for name, wait in self._later.items() if wait.until > now]
        photo = self._outbox.media.next(skip=waiting)
        if photo is None:
            return False
        try:
            self._upload(photo, now)
        except httpx.TransportError as error:
            if self._stopping.is_set():
                raise StoppedError from error
            _logger.info("Upload waits: %s", error, extra=_named(photo))
            self._all.failed(now)
        return True

    def _upload(self, photo: Photo, now: float) -> None:
        path = self._store.path(photo.sha256)
        if path is None or path.stat().st_size != photo.size:
            self._give_up(photo, photo.reason or media.LOST, now)
            return
        answer = self._request("HEAD", photo)
        surprises = 0
        while answer.status_code in (HTTPStatus.NO_CONTENT, _ELSEWHERE):
            surprises += answer.status_code == _ELSEWHERE
            offset = answer.headers.get(media.OFFSET, "")
            if surprises > TRIES or not offset.isdecimal():
                break
            self._all = Backoff()
            answer = self._send(photo, path, int(offset))
        self._take(photo, path, answer, now)

    def _send(self, photo: Photo, path: Path, offset: int) -> httpx.Response:
        """Bring the next piece; none if all is there and has only to be passed on."""
        first = min(offset, photo.size)
        span = Range(first, min(first + PIECE, photo.size), photo.size)
        return self._request(
            "PUT",
            photo,
            content=self._paced(path, span),
            headers={
                "Content-Type": photo.type,
                "Content-Length": str(span.stop - span.first),
                "Content-Range": str(span),
            },
        )

    def _paced(self, path: Path, span: Range) -> Iterator[bytes]:
        """The bytes, as fast as they may go, and not while events wait."""
        left, due = span.stop - span.first, time.monotonic()
        with path.open("rb") as file:
            file.seek(span.first)
            while left > 0 and (chunk := file.read(min(CHUNK, left))):
                self._let_events_go_first()
                now = time.monotonic()
                if self._stopping.wait(max(0.0, due - now)):
                    raise StoppedError
                due = max(due, now) + len(chunk) / self._rate
                left -= len(chunk)
                yield chunk

    def _let_events_go_first(self) -> None:
        begun = time.monotonic()
        if begun < self._go_on_until:
            return
        while not self._stopping.is_set():
            version = self._outbox.changes.version
            remaining = begun + YIELD_SECONDS - time.monotonic()
            if not self._outbox.counts().events:
                return
            if remaining <= 0:
                self._go_on_until = time.monotonic() + YIELD_SECONDS
                return
            self._outbox.changes.wait(version, remaining)

    def _request(
        self, method: str, photo: Photo, headers: Any = None, **options: Any
    ) -> httpx.Response:
        signed = media.sign_upload(
            self._identity.key,
            self._identity.device,
            photo.sha256,
            self._server_time.best(),
            method,
        )
        return self._client.request(
            method,
            self._identity.media_url + media.path(photo.sha256),
            headers={**(headers or {}), **signed},
            **options,
        )

    def _take(
        self, photo: Photo, path: Path, answer: httpx.Response, now: float
    ) -> None:
        status = answer.status_code
        if status in _TAKEN:
            self._forget(photo)
            self._all = Backoff()
            steps.reached("agent.photo.taken")
            self._outbox.media.mark(photo.sha256, "uploaded")
            _logger.info("Uploaded", extra=_named(photo))
        elif status == HTTPStatus.NOT_FOUND:
            self._later.setdefault(photo.sha256, Backoff()).failed(now)
        elif status in _REFUSED:
            self._refused(photo, path, _code(answer), now)
        else:
            _logger.warning("Not taken: HTTP %s", status, extra=_named(photo))
            asked = answer.headers.get("Retry-After", "")
            self._all.failed(now, float(asked) if asked.isdecimal() else 0.0)

    def _refused(self, photo: Photo, path: Path, code: str, now: float) -> None:
        """A file that is right here may have been spoilt on its way; another not."""
        if code == "media_hash" and _sha256(path) == photo.sha256:
            tries = self._wrong[photo.sha256] = self._wrong.get(photo.sha256, 0) + 1
            if tries < TRIES:
                self._later.setdefault(photo.sha256, Backoff()).failed(now)
                return
        self._give_up(photo, code, now)

    def _give_up(self, photo: Photo, code: str, now: float) -> None:
        """Tell Odoo that it will not come; until that is heard, it is not given up."""
        answer = self._request("DELETE", photo, params={"reason": code})
        if answer.status_code not in (*_TAKEN, 204, HTTPStatus.NOT_FOUND):
            self._later.setdefault(photo.sha256, Backoff()).failed(now)
            return
        _logger.error("Will not go: %s", code, extra=_named(photo))
        self._forget(photo)
        if code == media.NO_ROOM:
            self._outbox.media.told(photo.sha256)
        else:
            self._outbox.media.mark(photo.sha256, "quarantined", code)

    def _forget(self, photo: Photo) -> None:
        self._later.pop(photo.sha256, None)
        self._wrong.pop(photo.sha256, None)


def _code(answer: httpx.Response) -> str:
    """Why it is refused: as the bridge says, else as the status does."""
    try:
        code = answer.json()["code"]
    except (ValueError, KeyError, TypeError):
        code = None
    return code if code in media.REFUSALS else _REFUSED[answer.status_code]


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _named(photo: Photo) -> dict[str, str]:
    return {"event": photo.event, "photo": photo.sha256}
