"""Who this bay is: the data folder's ``device.json``, key and certificates."""

import secrets
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from pydantic import Field, HttpUrl, TypeAdapter, ValidationError

from edge_agent.errors import IdentityError
from workbay_contract import keys
from workbay_contract.types import DeviceId, Hash, Message, Partition

DEVICE = "device.json"
KEY = "device.key"
REQUEST = "device.csr"
CERTIFICATE = "device.crt"
CA = "ca.crt"

_ENROL = "enrol this bay anew"


class Broker(Message):
    """Where a broker listens."""

    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65535)] = 8883

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class _DeviceFile(Message):
    device: DeviceId
    bay: UUID
    partition: Partition
    brokers: Annotated[tuple[Broker, ...], Field(min_length=1)]
    media_url: HttpUrl
    odoo_public_key: Hash


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A device as enrolled; one Ed25519 key serves its certificate and its seals."""

    device: str
    bay: UUID
    partition: int
    brokers: tuple[Broker, ...]
    media_url: str
    odoo: Ed25519PublicKey
    key: Ed25519PrivateKey
    folder: Path

    def tls(self) -> ssl.SSLContext:
        """For brokers: trusts our CA alone and shows the device's certificate."""
        context = self.media_tls()
        context.load_cert_chain(self.folder / CERTIFICATE, self.folder / KEY)
        return context

    def media_tls(self) -> ssl.SSLContext:
        """For media: trusts our CA alone; the request itself is signed."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # Both ends are ours: there is no older peer to be kind to.
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_verify_locations(self.folder / CA)
        return context


def load(folder: Path) -> Identity:
    """Read the data folder.

    :raises IdentityError: one sentence naming the file and the cure.
    """
    try:
        device = _DeviceFile.model_validate_json(_read(folder / DEVICE, _ENROL))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "content"
        raise IdentityError(
            f"{folder / DEVICE}: {where}: {first['msg']}; correct it or {_ENROL}."
        ) from error
    key = _load_key(folder)
    _check_certificate(folder, device.device, key)
    _certificate(folder / CA)
    try:
        odoo = keys.public_from_hex(device.odoo_public_key)
    except ValueError as error:
        raise IdentityError(
            f"{folder / DEVICE}: odoo_public_key is no Ed25519 key; {_ENROL}."
        ) from error
    return Identity(
        device=device.device,
        bay=device.bay,
        partition=device.partition,
        brokers=device.brokers,
        media_url=str(device.media_url).rstrip("/"),
        odoo=odoo,
        key=key,
        folder=folder,
    )


def device_id(folder: Path) -> str:
    """The id in the folder's request, so that repeating changes nothing; else new."""
    try:
        request = x509.load_pem_x509_csr((folder / REQUEST).read_bytes())
        names = request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(names[0].value)
    except (OSError, ValueError, IndexError):
        return f"dev-{secrets.token_hex(8)}"


def keygen(folder: Path, device: str) -> Path:
    """Make the device's key, unless there is one, and a request for its certificate.

    :return: the file of the request, whose common name is ``device``.
    :raises IdentityError: ``device`` is no device id, or the folder is not usable.
    """
    try:
        TypeAdapter(DeviceId).validate_python(device)
    except ValidationError as error:
        raise IdentityError(
            f"“{device}” is no device id; use 8 to 40 of a-z, 0-9 and “-”."
        ) from error
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = keys.generate(folder / KEY)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device)])
        request = x509.CertificateSigningRequestBuilder().subject_name(name)
        pem = request.sign(key, None).public_bytes(Encoding.PEM)
        (folder / REQUEST).write_bytes(pem)
    except OSError as error:
        raise IdentityError(
            f"{error.filename or folder}: {error.strerror}; "
            "give a folder that this user may write."
        ) from error
    except ValueError as error:
        raise IdentityError(
            f"{folder / KEY} is no Ed25519 key; move it away and repeat."
        ) from error
    return folder / REQUEST


def _read(path: Path, cure: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise IdentityError(f"{path}: {error.strerror}; {cure}.") from error


def _load_key(folder: Path) -> Ed25519PrivateKey:
    path = folder / KEY
    _read(path, f"make it with “keygen” and {_ENROL}")
    if path.stat().st_mode & 0o077:
        raise IdentityError(f"{path} can be read by others; chmod 600 it.")
    try:
        return keys.load(path)
    except ValueError as error:
        raise IdentityError(f"{path} is no Ed25519 key; {_ENROL}.") from error


def _certificate(path: Path) -> x509.Certificate:
    data = _read(path, _ENROL)
    try:
        return x509.load_pem_x509_certificate(data)
    except ValueError as error:
        raise IdentityError(f"{path} is no certificate in PEM; {_ENROL}.") from error


def _check_certificate(folder: Path, device: str, key: Ed25519PrivateKey) -> None:
    path = folder / CERTIFICATE
    certificate = _certificate(path)
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if [name.value for name in names] != [device]:
        raise IdentityError(f"{path} is not of {device}; {_ENROL}.")
    if certificate.public_key() != key.public_key():
        raise IdentityError(f"{path} does not belong to {KEY}; {_ENROL}.")
