"""Fetches the pictures that the bay's newest board names, in the background.

One after the other on a connection of its own, marked as background for the network:
what they delay is themselves.
"""

import logging
from http import HTTPStatus

import httpx

from edge_agent.errands import Backoff, Errands
from edge_agent.identity import Identity
from edge_agent.outbox import Outbox
from edge_agent.picture_store import PictureStore, named_by
from edge_agent.server_time import ServerTime
from workbay_contract import pictures

_logger = logging.getLogger(__name__)


class PictureFetcher(Errands):
    """One thread, one picture at a time."""

    def __init__(
        self,
        identity: Identity,
        outbox: Outbox,
        store: PictureStore,
        server_time: ServerTime,
    ) -> None:
        super().__init__("pictures", identity, outbox, server_time, httpx.Timeout(10))
        self._store = store

    def step(self, now: float) -> bool:
        """Ask for one picture; False: wait for a change or a back-off."""
        if not self._may_ask(now):
            return False
        named = named_by(self._outbox.board)
        self._later = {name: self._later[name] for name in self._later if name in named}
        for name in self._store.missing(named):
            if name not in self._later or self._later[name].until <= now:
                self._fetch(name, named, now)
                return True
        return False

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
