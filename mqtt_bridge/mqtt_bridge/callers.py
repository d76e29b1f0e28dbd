"""Who asks the HTTPS side for a file: an active device, by its signature."""

import math
import time
from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import HTTPException, Request
from starlette.concurrency import run_in_threadpool

from mqtt_bridge.allowance import Allowance
from mqtt_bridge.odoo import KnownDevice, OdooError
from workbay_contract import keys, media
from workbay_contract.errors import SealError

LEAST_COST = 16 * 1024
"""Of any request, in bytes of its device's allowance."""

Check = Callable[[Ed25519PublicKey, str, int, str, int], None]
"""Public key, device, time of the request, signature, time now, both in milliseconds;
raises SealError."""


class Callers:
    """:param devices: the active devices by id; raises OdooError.

    :param allowance: of each device; who is in debt is told to wait.
    """

    def __init__(
        self,
        devices: Callable[[], Mapping[str, KnownDevice]],
        allowance: Allowance,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._devices = devices
        self._allowance = allowance
        self._now = now

    async def authenticate(self, request: Request, check: Check) -> str:
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
            public = keys.public_from_hex(known.public_key)
            check(public, device, int(at), signature, round(self._now() * 1000))
        except (SealError, ValueError) as error:
            raise HTTPException(403, str(error)) from error
        if wait := self._allowance.wait(device):
            raise HTTPException(429, "slower", {"Retry-After": str(math.ceil(wait))})
        self._allowance.pay(device, LEAST_COST)
        return device

    def pay(self, device: str, size: int) -> None:
        self._allowance.pay(device, size)
