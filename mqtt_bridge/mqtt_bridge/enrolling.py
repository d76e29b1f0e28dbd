"""How bay units come in and stay in: ``/enrol`` by a code, ``/renew`` by their key.

The bridge only passes on; Odoo decides, and the enrolment service signs. Nothing here
is ever logged of a code.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TypeVar

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool

from mqtt_bridge.metrics import Metrics
from mqtt_bridge.odoo import (
    BridgeOdoo,
    KnownDevice,
    OdooError,
    OdooRefusedError,
)
from workbay_contract import keys, media
from workbay_contract.enrolment import (
    AUTHORITY_PATH,
    ENROL_PATH,
    RENEW_PATH,
    EnrolAnswer,
    EnrolRequest,
    RenewRequest,
    check_renewal,
)
from workbay_contract.errors import SealError

_logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 16 * 1024
BURST = 30
"""Requests that an address may make at once; a store's bays share one address."""
PER_SECOND = 2.0
ALL_BURST = 200
ALL_PER_SECOND = 50.0
ADDRESSES = 10_000
"""So many addresses are told apart; beyond them the oldest begin anew."""

_STATUS = {"waiting": 202, "issued": 200, "refused": 403}
_Body = TypeVar("_Body", bound=BaseModel)


class Allowance:
    """How often each address may ask: a burst, then so many per second."""

    def __init__(
        self, burst: int, per_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = burst
        self._rate = per_second
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> bool:
        """Whether this one is still allowed."""
        now = self._clock()
        left, at = self._left.pop(address, (float(self._burst), now))
        left = min(float(self._burst), left + (now - at) * self._rate)
        allowed = left >= 1
        self._left[address] = (left - 1 if allowed else left, now)
        while len(self._left) > ADDRESSES:
            self._left.popitem(last=False)
        return allowed


class Enrolling:
    """:param devices: the active devices by id; raises OdooError."""

    def __init__(
        self,
        odoo: BridgeOdoo,
        devices: Callable[[], Mapping[str, KnownDevice]],
        authority: Callable[[], bytes],
        metrics: Metrics,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._odoo = odoo
        self._devices = devices
        self._authority = authority
        self._metrics = metrics
        self._now = now
        self._each = Allowance(BURST, PER_SECOND)
        self._all = Allowance(ALL_BURST, ALL_PER_SECOND)

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.get(AUTHORITY_PATH)
        def authority() -> Response:
            # Whoever asks knows its hash already, or has no use for it.
            return Response(self._authority(), media_type="application/x-pem-file")

        @router.post(ENROL_PATH)
        async def enrol(request: Request) -> Response:
            return await self._answer("enrol", request, self._enrol)

        @router.post(RENEW_PATH)
        async def renew(request: Request) -> Response:
            return await self._answer("renew", request, self._renew)

        return router

    async def _answer(
        self,
        verb: str,
        request: Request,
        work: Callable[[bytes, Mapping[str, str]], EnrolAnswer],
    ) -> Response:
        address = request.client.host if request.client else ""
        answer, status = await self._try(request, address, work)
        self._metrics.count(verb, status=str(status))
        if answer.status != "waiting":
            _logger.info(
                "%s from %s: %s %s", verb, address, answer.status, answer.code or ""
            )
        headers = {"Retry-After": "60"} if status == 429 else {}
        return Response(
            answer.model_dump_json(), status, headers, media_type="application/json"
        )

    async def _try(
        self,
        request: Request,
        address: str,
        work: Callable[[bytes, Mapping[str, str]], EnrolAnswer],
    ) -> tuple[EnrolAnswer, int]:
        if not (self._each.take(address) and self._all.take("")):
            return self._refused("enrol_busy"), 429
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                return self._refused("enrol_request"), 413
        try:
            answer = await run_in_threadpool(work, body, request.headers)
        except OdooRefusedError as error:
            # Locked by another call of the same unit, or this bridge's rights ended.
            _logger.warning("Odoo does not take it: %s", error)
            return self._refused("enrol_office"), 503
        except OdooError as error:
            _logger.warning("Odoo not asked: %s", error)
            return self._refused("enrol_office"), 503
        return answer, _STATUS[answer.status]

    def _enrol(self, body: bytes, headers: Mapping[str, str]) -> EnrolAnswer:
        asked = _read(EnrolRequest, body)
        if asked is None:
            return self._refused("enrol_request")
        return self._odoo.enrol(asked.secret, asked.csr)

    def _renew(self, body: bytes, headers: Mapping[str, str]) -> EnrolAnswer:
        device = headers.get(media.HEADER_DEVICE, "")
        at = headers.get(media.HEADER_TIME, "")
        asked = _read(RenewRequest, body)
        if asked is None or not at.isdecimal() or len(at) > 16:
            return self._refused("enrol_request")
        known = self._devices().get(device)
        if known is None:
            return self._refused("device")
        try:
            check_renewal(
                keys.public_from_hex(known.public_key),
                device,
                body,
                int(at),
                headers.get(media.HEADER_SIGNATURE, ""),
                self._at(),
            )
        except SealError:
            return self._refused("seal")
        return self._odoo.renew(device, asked.csr, asked.held)

    def _refused(self, code: str) -> EnrolAnswer:
        return EnrolAnswer(status="refused", code=code, server_time=self._at())

    def _at(self) -> int:
        return round(self._now() * 1000)


def _read(form: type[_Body], body: bytes) -> _Body | None:
    try:
        return form.model_validate_json(body)
    except ValidationError:
        return None
