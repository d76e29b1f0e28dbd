"""Certificate requests of devices: what has to hold before one is signed."""

from uuid import UUID

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import NameOID
from pydantic import BaseModel, ConfigDict

from mqtt_bridge.enrolment.access import Device
from mqtt_bridge.enrolment.errors import RequestError
from mqtt_bridge.enrolment.names import is_service
from workbay_contract.types import DeviceId, Partition

MAX_CSR_CHARACTERS = 8192


class Pending(BaseModel):
    """A device that waits for its certificate, as Odoo names it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    device: DeviceId
    bay: UUID
    partition: Partition
    csr: str

    def as_device(self) -> Device:
        return Device(device=self.device, bay=self.bay, partition=self.partition)


def check(pending: Pending) -> Ed25519PublicKey:
    """The key to certify.

    :raises RequestError: no certificate for this one, and why.
    """
    if is_service(pending.device):
        raise RequestError("the name is a service's")
    if len(pending.csr) > MAX_CSR_CHARACTERS:
        raise RequestError(f"a request of {len(pending.csr)} characters")
    try:
        csr = x509.load_pem_x509_csr(pending.csr.encode())
        key = csr.public_key()
        is_signed = csr.is_signature_valid
    except (ValueError, UnsupportedAlgorithm) as error:
        raise RequestError(f"not a certificate request: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise RequestError("the key is not an Ed25519 key")
    if not is_signed:
        raise RequestError("the request is not signed by its own key")
    subject = x509.NameAttribute(NameOID.COMMON_NAME, pending.device)
    if list(csr.subject) != [subject]:
        raise RequestError(f"the subject is {csr.subject.rfc4514_string()!r}")
    return key
