"""Pictures of the procedures' steps, from Odoo to the bays: ``/pictures/<sha256>``."""

import asyncio
import hashlib
import logging
from collections import OrderedDict
from functools import partial

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import APIRouter, HTTPException, Request, Response

from mqtt_bridge.callers import Callers
from mqtt_bridge.media import Sha256
from mqtt_bridge.metrics import Metrics
from workbay_contract import pictures

CACHED = 50
"""Pictures kept in memory, 5 MB at most: a chain's bays ask for the same ones."""

_logger = logging.getLogger(__name__)


class Pictures:
    """Hands out what Odoo has and nothing that is not what its hash says."""

    def __init__(
        self, odoo: httpx.AsyncClient, callers: Callers, metrics: Metrics
    ) -> None:
        self._odoo = odoo
        self._callers = callers
        self._metrics = metrics
        self._cache: OrderedDict[str, bytes] = OrderedDict()
        self._asking = asyncio.Semaphore(1)  # one of Odoo's workers at most

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.get("/pictures/{sha256}")
        async def get(sha256: Sha256, request: Request) -> Response:
            status = 200
            try:
                return await self._get(sha256, request)
            except HTTPException as error:
                status = error.status_code
                raise
            finally:
                self._metrics.count("pictures", status=str(status))

        return router

    async def _get(self, sha256: str, request: Request) -> Response:
        device = await self._callers.authenticate(request, partial(_check, sha256))
        async with self._asking:
            picture = self._cache.get(sha256)
            if picture is None:
                picture = await self._ask(sha256)
                self._cache[sha256] = picture
                if len(self._cache) > CACHED:
                    self._cache.popitem(last=False)
            self._cache.move_to_end(sha256)
        self._callers.pay(device, len(picture))
        return Response(picture, media_type=pictures.TYPE)

    async def _ask(self, sha256: str) -> bytes:
        data = bytearray()
        try:
            async with self._odoo.stream("GET", f"/workshop/picture/{sha256}") as told:
                status = told.status_code
                if status == 200:
                    async for chunk in told.aiter_bytes():
                        data += chunk
                        if len(data) > pictures.MAX_BYTES:
                            break
        except httpx.HTTPError as error:
            raise HTTPException(
                503, "Odoo does not answer", {"Retry-After": "5"}
            ) from error
        if status == 404:
            raise HTTPException(404, "no released procedure shows it")
        if (
            status != 200
            or len(data) > pictures.MAX_BYTES
            or hashlib.sha256(data).hexdigest() != sha256
        ):
            _logger.warning("Picture %s: Odoo says %d, or other bytes", sha256, status)
            raise HTTPException(503, "Odoo cannot give it", {"Retry-After": "60"})
        return bytes(data)


def _check(
    sha256: str,
    public: Ed25519PublicKey,
    device: str,
    at: int,
    signature: str,
    now: int,
) -> None:
    pictures.check_fetch(public, device, sha256, at, signature, now)
