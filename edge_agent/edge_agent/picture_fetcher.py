"""Fetches the pictures that the bay's newest board names, in the background.

One after the other on a connection of its own, marked as background for the network:
what they delay is themselves.
"""

import logging
import time
from http import HTTPStatus
from threading import Event, Thread

import httpx

from edge_agent.identity import Identity
from edge_agent.outbox import Outbox
from edge_agent.picture_store import PictureStore, named_by
from edge_agent.server_time import ServerTime
from edge_agent.uploader import IDLE_SECONDS, SOCKET, Backoff
from workbay_contract import pictures

_logger = logging.getLogger(__name__)


class PictureFetcher:
    """One thread, one picture at a time."""

    def __init__(
        self,
        identity: Identity,
        outbox: Outbox,
        store: PictureStore,
        server_time: ServerTime,
    ) -> None:
        self._identity = identity
        self._outbox = outbox
        self._store = store
        self._server_time = server_time
        self._client = httpx.Client(
            transport=httpx.HTTPTransport(
                verify=identity.media_tls(server_time), socket_options=SOCKET
            ),
            timeout=10,
            trust_env=False,
        )
        self._later: dict[str, Backoff] = {}
        self._all = Backoff()
        self._linked = Event()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="pictures", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def linked(self) -> None:
        """The bay is online again: a bridge that was out of reach is tried at once."""
        self._linked.set()
        self._outbox.changes.bump()

    def stop(self) -> None:
        self._stopping.set()
        self._outbox.changes.bump()
        self._client.close()
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
                _logger.exception("Pictures stumbled")
                self._all.failed(time.monotonic())
            self._outbox.changes.wait(version, self._pause(time.monotonic()))

    def step(self, now: float) -> bool:
        """Ask for one picture; False: wait for a change or a back-off."""
        if self._linked.is_set():
            self._linked.clear()
            if not self._all.asked:
                self._all = Backoff()
        if self._server_time.known() is None or self._all.until > now:
            return False
        named = named_by(self._outbox.board)
        self._later = {name: self._later[name] for name in self._later if name in named}
        for name in self._store.missing(named):
            if name not in self._later or self._later[name].until <= now:
                self._fetch(name, named, now)
                return True
        return False

    def _pause(self, now: float) -> float:
        untils = [self._all.until, *(wait.until for wait in self._later.values())]
        return min([IDLE_SECONDS, *(until - now for until in untils if until > now)])

    def _fetch(self, name: str, named: tuple[str, ...], now: float) -> None:
        try:
            status, asked, data = self._get(name)
            if status == HTTPStatus.OK:
                self._store.keep(name, data, named)
        except ValueError:
            _logger.warning("Picture %s came with other bytes", name)
            self._later.setdefault(name, Backoff()).failed(now)
        except (httpx.TransportError, OSError) as error:
            _logger.info("Pictures wait: %s", error)
            self._all.failed(now)
        else:
            self._take(name, status, asked, now)

    def _take(self, name: str, status: int, asked: str, now: float) -> None:
        if status == HTTPStatus.OK:
            self._all = Backoff()
            self._later.pop(name, None)
            self._outbox.changes.bump()  # the page shows it by itself
        elif status == HTTPStatus.NOT_FOUND:
            self._later.setdefault(name, Backoff()).failed(now)
        else:
            _logger.warning("Picture %s not given: HTTP %s", name, status)
            self._all.failed(now, float(asked) if asked.isdecimal() else 0.0)

    def _get(self, name: str) -> tuple[int, str, bytes]:
        """:return: status, ``Retry-After`` and no more bytes than one over the most."""
        signed = pictures.sign_fetch(
            self._identity.key, self._identity.device, name, self._server_time.best()
        )
        url = self._identity.media_url + pictures.path(name)
        data = bytearray()
        with self._client.stream("GET", url, headers=signed) as answer:
            if answer.status_code == HTTPStatus.OK:
                for chunk in answer.iter_bytes():
                    data += chunk
                    if len(data) > pictures.MAX_BYTES:
                        break
            asked = answer.headers.get("Retry-After", "")
            return answer.status_code, asked, bytes(data)
