"""Signs what Odoo has approved, and keeps every broker in step with Odoo's list."""

import logging
import threading
from collections.abc import Sequence

from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import TypeAdapter

from mqtt_bridge import odoo
from mqtt_bridge.configuration import tls_context
from mqtt_bridge.enrolment import request
from mqtt_bridge.enrolment.access import Device
from mqtt_bridge.enrolment.authority import Authority
from mqtt_bridge.enrolment.broker_access import BrokerAccess
from mqtt_bridge.enrolment.control import Control
from mqtt_bridge.enrolment.errors import BrokerError, RequestError
from mqtt_bridge.enrolment.settings import Settings
from mqtt_bridge.rotation import Rotation

_logger = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0


class EnrolmentOdoo:
    """The methods that enrolment's user may call."""

    _pending = TypeAdapter(tuple[request.Pending, ...])
    _devices = TypeAdapter(tuple[Device, ...])
    _nothing: TypeAdapter[object] = TypeAdapter(object)

    def __init__(self, client: odoo.Client) -> None:
        self._client = client

    def pending_requests(self) -> tuple[request.Pending, ...]:
        return self._client.call("workshop.device", "pending_requests", self._pending)

    def enrolled(self) -> tuple[Device, ...]:
        return self._client.call("workshop.device", "enrolled", self._devices)

    def issue(self, device: str, certificate: str) -> None:
        self._client.call(
            "workshop.device",
            "issue",
            self._nothing,
            device=device,
            certificate=certificate,
        )


class Enrolment:
    """One round after another, in one thread; Odoo is the truth."""

    def __init__(
        self,
        odoo_methods: EnrolmentOdoo,
        authority: Authority,
        brokers: Sequence[BrokerAccess],
        device_days: int,
    ) -> None:
        self._odoo = odoo_methods
        self._authority = authority
        self._brokers = brokers
        self._device_days = device_days
        self._refused: dict[str, str] = {}

    def round(self) -> None:
        """Revoke and restore at every broker, then serve who waits for a certificate.

        :raises OdooError: Odoo could not be asked; the next round does it all.
        """
        devices = self._odoo.enrolled()
        for broker in self._brokers:
            try:
                broker.apply(devices)
            except BrokerError as error:
                _logger.warning("Broker not in step: %s", error)
        pending = self._odoo.pending_requests()
        for each in pending:
            self._serve(each)
        waiting = {each.device for each in pending}
        self._refused = {
            device: csr for device, csr in self._refused.items() if device in waiting
        }

    def _serve(self, pending: request.Pending) -> None:
        if self._refused.get(pending.device) == pending.csr:
            return
        try:
            key = request.check(pending)
        except RequestError as error:
            self._refused[pending.device] = pending.csr
            _logger.error("No certificate for %s: %s", pending.device, error)
            return
        certificate = self._authority.sign(
            pending.device, key, "client", days=self._device_days
        )
        if not self._admit(pending.as_device()):
            _logger.warning("%s waits until a broker can be reached", pending.device)
            return
        text = certificate.public_bytes(Encoding.PEM).decode()
        try:
            self._odoo.issue(pending.device, text)
        except odoo.OdooRefusedError as error:
            # One that Odoo does not take must not keep the others waiting.
            _logger.error("Odoo takes no certificate for %s: %s", pending.device, error)
            return
        _logger.info("Certificate issued for %s", pending.device)

    def _admit(self, device: Device) -> bool:
        """:return: whether at least one broker knows it; the others follow in step."""
        admitted = False
        for broker in self._brokers:
            try:
                broker.ensure(device)
            except BrokerError as error:
                _logger.warning("%s not admitted: %s", device.device, error)
            else:
                admitted = True
        return admitted


def run(settings: Settings, stop: threading.Event) -> None:
    """Serve until told to stop."""
    tls = tls_context(settings.ca_file, settings.cert_file, settings.key_file)
    controls = [Control(address, settings.name, tls) for address in settings.brokers]
    with odoo.Client(
        settings.odoo_url, settings.odoo_db, settings.odoo_key_file
    ) as client:
        enrolment = Enrolment(
            EnrolmentOdoo(client),
            Authority.open(settings.ca_dir),
            [
                BrokerAccess(
                    control,
                    settings.bridges,
                    settings.name,
                    settings.reconcile_seconds,
                )
                for control in controls
            ],
            settings.device_days,
        )
        for control in controls:
            control.start()
        try:
            for control in controls:
                control.wait(CONNECT_SECONDS)
            rotation = Rotation(
                lambda: tls, settings.ca_file, settings.cert_file, settings.key_file
            )
            _serve(enrolment, rotation, settings.poll_seconds, stop)
        finally:
            for control in controls:
                control.stop()


def _serve(
    enrolment: Enrolment, rotation: Rotation, poll: float, stop: threading.Event
) -> None:
    backoff = odoo.Backoff()
    while not stop.is_set():
        pause = poll
        rotation.look()
        try:
            enrolment.round()
        except odoo.OdooError as error:
            pause = max(backoff.failed(error), poll)
            _logger.warning("Odoo not asked, again in %.1f s: %s", pause, error)
        except Exception:
            _logger.exception("A round failed and the next one follows")
        else:
            backoff.succeeded()
        stop.wait(pause)
