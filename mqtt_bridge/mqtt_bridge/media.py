"""Photos on their way from a bay to Odoo: ``PUT /media/<sha256>``.

The bytes go through a file without a name, so that a slow bay holds no worker of Odoo's
and whatever happens here leaves nothing behind.
"""

import asyncio
import hashlib
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import IO, Annotated, get_args

import httpx
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi import Path as PathParameter
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from mqtt_bridge.metrics import Metrics
from mqtt_bridge.odoo import KnownDevice, OdooError
from workbay_contract import keys, media
from workbay_contract.errors import SealError
from workbay_contract.events import MAX_PHOTO_BYTES, MediaType

_logger = logging.getLogger(__name__)

CHUNK = 64 * 1024
UPLOAD_SECONDS = 120.0
PASSED_ON = frozenset({200, 201, 404, 409, 413, 415})

Sha256 = Annotated[str, PathParameter(pattern="^[0-9a-f]{64}$")]


class Media:
    """Checks who sends, stores the bytes for a moment, hands them to Odoo.

    :param devices: the active devices by id; raises OdooError.
    """

    def __init__(
        self,
        odoo: httpx.AsyncClient,
        devices: Callable[[], Mapping[str, KnownDevice]],
        folder: Path,
        slots: int,
        metrics: Metrics,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._odoo = odoo
        self._devices = devices
        self._folder = folder
        self._slots = slots
        self._metrics = metrics
        self._now = now
        self._busy = 0

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.put("/media/{sha256}")
        async def put(sha256: Sha256, request: Request) -> Response:
            try:
                response = await self._put(sha256, request)
            except HTTPException as error:
                self._metrics.count("media", status=str(error.status_code))
                raise
            self._metrics.count("media", status=str(response.status_code))
            return response

        return router

    async def _put(self, sha256: str, request: Request) -> Response:
        device = await self._authenticate(sha256, request)
        kind = request.headers.get("content-type", "")
        if kind not in get_args(MediaType):
            raise HTTPException(415, "only JPEG photos are taken")
        if _announced(request) > MAX_PHOTO_BYTES:
            raise HTTPException(413, f"more than {MAX_PHOTO_BYTES} bytes")
        if self._busy >= self._slots:
            raise HTTPException(503, "busy", {"Retry-After": "1"})
        self._busy += 1
        try:
            with tempfile.TemporaryFile(dir=self._folder) as file:
                async with asyncio.timeout(UPLOAD_SECONDS):
                    size = await _store(request, sha256, file)
                return await self._pass_on(sha256, device, kind, file, size)
        except TimeoutError as error:
            raise HTTPException(408, "too slow") from error
        except ClientDisconnect as error:
            raise HTTPException(400, "the upload broke off") from error
        except OSError as error:
            _logger.exception("No room for a photo on its way")
            raise HTTPException(507, "no room", {"Retry-After": "60"}) from error
        finally:
            self._busy -= 1

    async def _authenticate(self, sha256: str, request: Request) -> str:
        """:return: the device that signed this very request."""
        device = request.headers.get(media.HEADER_DEVICE, "")
        at = request.headers.get(media.HEADER_TIME, "")
        signature = request.headers.get(media.HEADER_SIGNATURE, "")
        if not (device and at.isdecimal() and len(at) <= 16 and signature):
            raise HTTPException(401, "not signed")
        try:
            known = (await run_in_threadpool(self._devices)).get(device)
        except OdooError as error:
            raise HTTPException(
                503, "Odoo cannot be asked", {"Retry-After": "5"}
            ) from error
        if known is None:
            raise HTTPException(403, "no active device")
        try:
            media.check_upload(
                keys.public_from_hex(known.public_key),
                device,
                sha256,
                int(at),
                signature,
                round(self._now() * 1000),
            )
        except (SealError, ValueError) as error:
            raise HTTPException(403, str(error)) from error
        return device

    async def _pass_on(
        self, sha256: str, device: str, kind: str, file: IO[bytes], size: int
    ) -> Response:
        file.seek(0)
        try:
            answer = await self._odoo.put(
                f"/workshop/media/{sha256}",
                content=_chunks(file),
                headers={
                    "Content-Type": kind,
                    "Content-Length": str(size),
                    media.HEADER_DEVICE: device,
                },
            )
        except httpx.HTTPError as error:
            _logger.warning("Photo %s not passed on: %r", sha256, error)
            raise HTTPException(
                503, "Odoo does not answer", {"Retry-After": "5"}
            ) from error
        if answer.status_code in PASSED_ON:
            return Response(status_code=answer.status_code)
        _logger.warning("Photo %s: Odoo says %d", sha256, answer.status_code)
        raise HTTPException(503, "Odoo cannot take it", {"Retry-After": "5"})


def _announced(request: Request) -> int:
    text = request.headers.get("content-length", "0")
    return int(text) if text.isdecimal() else 0


async def _store(request: Request, sha256: str, file: IO[bytes]) -> int:
    """Write the body down while hashing it; refuse what is not what it says."""
    digest, size = hashlib.sha256(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_PHOTO_BYTES:
            raise HTTPException(413, f"more than {MAX_PHOTO_BYTES} bytes")
        digest.update(chunk)
        file.write(chunk)
    if digest.hexdigest() != sha256:
        raise HTTPException(409, "the bytes have another hash")
    return size


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk
