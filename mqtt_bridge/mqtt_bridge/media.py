"""Photos and videos on their way from a bay to Odoo: ``/media/<sha256>``.

What has come lies in a file of its own until it is whole and has its hash, so that a
bay whose network breaks goes on where it was, and a slow one holds no worker of
Odoo's. Odoo is asked first whether an event names the hash.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Coroutine
from typing import Annotated, Any, NamedTuple

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi import Path as PathParameter
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from mqtt_bridge.allowance import Allowance
from mqtt_bridge.callers import Callers
from mqtt_bridge.media_parts import CHUNK, Part, Parts
from mqtt_bridge.metrics import Metrics
from workbay_contract import media
from workbay_contract.errors import MalformedError
from workbay_contract.events import MOST_BYTES
from workbay_contract.media import LENGTH, OFFSET, Range

_logger = logging.getLogger(__name__)

SILENCE_SECONDS = 20.0
"""So long a request may bring nothing: an upload makes way for waiting events."""
REQUEST_SECONDS = 300.0
REMEMBERED = 1000

Sha256 = Annotated[str, PathParameter(pattern="^[0-9a-f]{64}$")]
Reason = Annotated[str, Query(pattern="^[a-z_]{1,32}$")]


class Wanted(NamedTuple):
    """What an event says of the file that it names."""

    type: str
    size: int


class Media:
    """Checks who sends, stores the bytes for a while, hands them to Odoo.

    :param callers: who may bring something, and how much.
    :param pace: of all together, under one name; what comes faster is read slower, so
        that photos leave this process and Odoo's workers to the events.
    """

    def __init__(
        self,
        odoo: httpx.AsyncClient,
        callers: Callers,
        parts: Parts,
        pace: Allowance,
        slots: int,
        metrics: Metrics,
    ) -> None:
        self._odoo = odoo
        self._callers = callers
        self._parts = parts
        self._pace = pace
        self._passing_on = asyncio.Semaphore(1)
        self._slots = slots
        self._metrics = metrics
        self._busy = 0
        self._wanted: OrderedDict[tuple[str, str], Wanted] = OrderedDict()

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.head("/media/{sha256}")
        async def head(sha256: Sha256, request: Request) -> Response:
            return await self._counted(self._head(sha256, request))

        @router.put("/media/{sha256}")
        async def put(sha256: Sha256, request: Request) -> Response:
            return await self._counted(self._put(sha256, request))

        @router.delete("/media/{sha256}")
        async def delete(sha256: Sha256, request: Request, reason: Reason) -> Response:
            return await self._counted(self._delete(sha256, request, reason))

        return router

    async def _counted(self, answering: Coroutine[Any, Any, Response]) -> Response:
        try:
            response = await answering
        except _RefusedError as error:
            response = JSONResponse({"code": error.code}, media.REFUSALS[error.code])
        except HTTPException as error:
            self._metrics.count("media", status=str(error.status_code))
            raise
        self._metrics.count("media", status=str(response.status_code))
        return response

    async def _head(self, sha256: str, request: Request) -> Response:
        """How much of the file is here; whoever is still sending it has lost."""
        device = await self._authenticate(sha256, request)
        wanted = await self._ask(sha256, device)
        if wanted is None:
            return Response(status_code=200)
        part = self._parts.part(device, sha256)
        try:
            return _so_far(part, wanted.size)
        finally:
            part.leave()

    async def _put(self, sha256: str, request: Request) -> Response:
        device = await self._authenticate(sha256, request)
        wanted = self._wanted.get((device, sha256)) or await self._ask(sha256, device)
        if wanted is None:
            return Response(status_code=200)
        span = _span(request, wanted)
        if self._busy >= self._slots:
            raise HTTPException(503, "busy", {"Retry-After": "1"})
        self._busy += 1
        part = self._parts.part(device, sha256)
        try:
            if span.first not in (0, part.size):
                return _so_far(part, wanted.size, 416)
            async with asyncio.timeout(REQUEST_SECONDS):
                await self._receive(request, device, part, span)
            if part.size < wanted.size:
                return _so_far(part, wanted.size)
            return await self._pass_on(sha256, device, wanted, part)
        except TimeoutError as error:
            raise HTTPException(408, "too slow") from error
        except ClientDisconnect as error:
            raise HTTPException(400, "the upload broke off") from error
        except OSError as error:
            _logger.warning("No room for an upload: %s", error)
            raise HTTPException(507, "no room", {"Retry-After": "60"}) from error
        finally:
            self._busy -= 1
            part.leave()

    async def _delete(self, sha256: str, request: Request, reason: str) -> Response:
        """The bay will not bring it; Odoo shows why."""
        device = await self._authenticate(sha256, request)
        if reason not in media.REASONS:
            raise HTTPException(422, "no such reason")
        self._forget(sha256, device)
        answer = await self._call("DELETE", sha256, device, params={"reason": reason})
        if answer.status_code not in (200, 204, 404):
            raise HTTPException(503, "Odoo cannot take it", {"Retry-After": "5"})
        return Response(status_code=answer.status_code)

    async def _authenticate(self, sha256: str, request: Request) -> str:
        """:return: the device that signed this very request."""

        def check(
            public: Ed25519PublicKey, device: str, at: int, signature: str, now: int
        ) -> None:
            media.check_upload(
                public, device, sha256, at, signature, now, request.method
            )

        return await self._callers.authenticate(request, check)

    async def _ask(self, sha256: str, device: str) -> Wanted | None:
        """What Odoo expects; None: it has it already."""
        answer = await self._call("HEAD", sha256, device)
        if answer.status_code == 200:
            self._forget(sha256, device)
            return None
        if answer.status_code == 404:
            raise HTTPException(404, "no event names it")
        kind = answer.headers.get("content-type", "")
        size = answer.headers.get(LENGTH, "")
        if answer.status_code != 204 or kind not in MOST_BYTES or not size.isdecimal():
            _logger.warning("Upload %s: Odoo says %d", sha256, answer.status_code)
            raise HTTPException(503, "Odoo cannot say", {"Retry-After": "5"})
        wanted = self._wanted[device, sha256] = Wanted(kind, int(size))
        if len(self._wanted) > REMEMBERED:
            self._wanted.popitem(last=False)
        return wanted

    async def _receive(
        self, request: Request, device: str, part: Part, span: Range
    ) -> None:
        """Write the body down as it comes, as far as it was announced."""
        if span.first == span.stop:
            return
        self._parts.make_room(span.stop - span.first)
        stream = aiter(request.stream())
        with part.append(anew=span.first == 0) as file:
            left = span.stop - span.first
            while True:
                async with asyncio.timeout(SILENCE_SECONDS):
                    chunk = await anext(stream, None)
                if chunk is None:
                    return
                if not part.has_turn:
                    raise HTTPException(423, "another request goes on with it")
                left -= len(chunk)
                if left < 0:
                    part.drop()
                    raise _RefusedError("media_size")
                self._callers.pay(device, len(chunk))
                file.write(chunk)
                self._pace.pay("", len(chunk))
                await asyncio.sleep(self._pace.wait(""))

    async def _pass_on(
        self, sha256: str, device: str, wanted: Wanted, part: Part
    ) -> Response:
        if await run_in_threadpool(part.sha256) != sha256:
            self._forget(sha256, device)
            raise _RefusedError("media_hash")
        headers = {"Content-Type": wanted.type, "Content-Length": str(wanted.size)}
        async with self._passing_on:  # one of Odoo's workers at most
            answer = await self._call(
                "PUT", sha256, device, content=_chunks(part), headers=headers
            )
        status = answer.status_code
        if status not in {200, 201, 404, *media.REFUSALS.values()}:
            _logger.warning("Upload %s: Odoo says %d", sha256, status)
            raise HTTPException(503, "Odoo cannot take it", {"Retry-After": "5"})
        self._forget(sha256, device)
        return Response(answer.content, status, media_type="application/json")

    async def _call(
        self, method: str, sha256: str, device: str, **options: Any
    ) -> httpx.Response:
        headers = {**options.pop("headers", {}), media.HEADER_DEVICE: device}
        try:
            return await self._odoo.request(
                method, f"/workshop/media/{sha256}", headers=headers, **options
            )
        except httpx.HTTPError as error:
            _logger.warning("Upload %s not passed on: %r", sha256, error)
            raise HTTPException(
                503, "Odoo does not answer", {"Retry-After": "5"}
            ) from error

    def _forget(self, sha256: str, device: str) -> None:
        self._wanted.pop((device, sha256), None)
        part = self._parts.part(device, sha256)
        part.drop()
        part.leave()


class _RefusedError(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _span(request: Request, wanted: Wanted) -> Range:
    """Which bytes the request brings; they have to be some of what is wanted."""
    if request.headers.get("content-type", "") != wanted.type:
        raise _RefusedError("media_type")
    text = request.headers.get("content-range")
    try:
        span = Range.parse(text) if text else Range(0, wanted.size, wanted.size)
    except MalformedError as error:
        raise HTTPException(400, str(error)) from error
    length = request.headers.get("content-length")
    if span.size != wanted.size or (
        length is not None and int(length) > span.stop - span.first
    ):
        raise _RefusedError("media_size")
    return span


def _so_far(part: Part, size: int, status: int = 204) -> Response:
    headers = {OFFSET: str(min(part.size, size)), LENGTH: str(size)}
    return Response(status_code=status, headers=headers)


async def _chunks(part: Part) -> AsyncIterator[bytes]:
    with part.path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
