"""The active devices, as Odoo names them; never older than five seconds."""

import threading
import time
from collections.abc import Callable

from mqtt_bridge.odoo import BridgeOdoo, KnownDevice

MAX_AGE = 4.5
"""Seconds; with the call itself it stays below five."""


class Devices:
    """Asks Odoo only when somebody wants to know. May be shared by threads."""

    def __init__(
        self, odoo: BridgeOdoo, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._odoo = odoo
        self._clock = clock
        self._lock = threading.Lock()
        self._devices: dict[str, KnownDevice] = {}
        self._asked_at = float("-inf")

    @property
    def last_known(self) -> dict[str, KnownDevice]:
        """As Odoo named them last, however long ago; empty before it ever did."""
        return self._devices

    def all(self) -> dict[str, KnownDevice]:
        """By device id.

        :raises OdooError: the list is too old and no newer one is to be had.
        """
        with self._lock:
            asked_at = self._clock()
            if asked_at - self._asked_at >= MAX_AGE:
                known = self._odoo.device_list()
                self._devices = {device.device: device for device in known}
                self._asked_at = asked_at
            return self._devices
