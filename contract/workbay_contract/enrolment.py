"""How a device is enrolled by one QR code, and how its certificate is renewed.

The code is shown to the bay's camera. It says where the bridge is, a secret that works
once, and by which CA the bridge is to be known, so that no clock and nobody on the way
has to be trusted.
"""

import re
from typing import Annotated, Literal
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import Field, HttpUrl

from workbay_contract import keys
from workbay_contract.errors import SealError
from workbay_contract.media import HEADER_DEVICE, HEADER_SIGNATURE, HEADER_TIME
from workbay_contract.types import (
    Code,
    DeviceId,
    Hash,
    Message,
    Milliseconds,
    Partition,
    sha256,
)

ENROL_PATH = "/enrol"
AUTHORITY_PATH = "/enrol/ca.crt"
RENEW_PATH = "/renew"
VALID_SECONDS = 15 * 60
"""How long a code may be shown to a camera after it was made."""
MAX_PEM_CHARACTERS = 8192
MAX_AGE_MS = 5 * 60 * 1000
"""How far the time of a signed renewal may be from the server's."""

_FORM = re.compile(
    r"^(?P<url>https://[^/?#\s]{1,253})/enrol"
    r"#(?P<secret>[A-Za-z0-9_-]{32,64})\.(?P<ca>[0-9a-f]{64})$"
)

Secret = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{32,64}$")]
Pem = Annotated[str, Field(max_length=MAX_PEM_CHARACTERS)]


class EnrolmentCode(Message):
    """What the QR code says."""

    url: str
    secret: Secret = Field(repr=False)
    ca: Hash = Field(description="SHA-256 of the CA's certificate in DER")


class Broker(Message):
    """Where a broker listens."""

    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65535)] = 8883

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class EnrolRequest(Message):
    """From the device; sent again until it is answered with the certificate."""

    secret: Secret = Field(repr=False)
    csr: Pem


class RenewRequest(Message):
    """From an enrolled device whose certificate ends soon; its key signs the request.

    :ivar held: fingerprint of the certificate that it has.
    """

    csr: Pem
    held: Hash


class Issued(Message):
    """What a device has to know: its certificate, and where everything is."""

    device: DeviceId
    bay: UUID
    partition: Partition
    brokers: Annotated[tuple[Broker, ...], Field(min_length=1)]
    media_url: HttpUrl
    odoo_public_key: Hash
    certificate: Annotated[str, Field(max_length=MAX_PEM_CHARACTERS)]
    bay_name: str = ""
    store: str = ""


class EnrolAnswer(Message):
    """``waiting``: ask again in a moment. ``refused``: ``code`` says why."""

    status: Literal["waiting", "issued", "refused"]
    server_time: Milliseconds
    code: Code | None = Field(default=None, description="key of wording.WORDING")
    issued: Issued | None = None


def code_text(url: str, secret: str, ca: str) -> str:
    """What to print as the QR code.

    The secret stands behind ``#``: whoever opens the address in a browser by mistake
    sends it to nobody.
    """
    return f"{url.rstrip('/')}{ENROL_PATH}#{secret}.{ca}"


def read_enrolment_code(text: str) -> EnrolmentCode | None:
    """The code in a decoded text; None where it is another one."""
    match = _FORM.match(text)
    return match and EnrolmentCode(**match.groupdict())


def fingerprint(pem: str | bytes) -> str:
    """SHA-256 of a certificate in DER.

    :raises ValueError: it is no certificate.
    """
    data = pem.encode() if isinstance(pem, str) else pem
    return sha256(x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER))


def sign_renewal(
    key: Ed25519PrivateKey, device: str, body: bytes, at: int
) -> dict[str, str]:
    """The headers of ``POST /renew``, named as those of an upload.

    :param at: server time in milliseconds.
    """
    return {
        HEADER_DEVICE: device,
        HEADER_TIME: str(at),
        HEADER_SIGNATURE: key.sign(_signed(device, body, at)).hex(),
    }


def check_renewal(
    public: Ed25519PublicKey, device: str, body: bytes, at: int, sig: str, now: int
) -> None:
    """:raises SealError: not signed by this device, or too long ago or ahead."""
    if abs(now - at) > MAX_AGE_MS:
        raise SealError("request is too old or too far ahead")
    keys.check(public, sig, _signed(device, body, at))


def _signed(device: str, body: bytes, at: int) -> bytes:
    return f"workbay-renew-v1\n{device}\n{sha256(body)}\n{at}".encode()
