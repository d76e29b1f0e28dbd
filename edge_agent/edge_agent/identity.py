"""Who this bay is: the data folder's ``device.json``, key and certificates."""

import json
import secrets
import ssl
from dataclasses import dataclass, replace
from datetime import datetime
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

from edge_agent import files
from edge_agent.errors import IdentityError
from edge_agent.server_time import ServerTime
from edge_agent.tls import client_context, milliseconds
from workbay_contract import key_files, keys
from workbay_contract.enrolment import Broker, Issued, fingerprint
from workbay_contract.succession import follow, read_change
from workbay_contract.types import DeviceId, Hash, Message, Partition

DEVICE = "device.json"
KEY = "device.key"
REQUEST = "device.csr"
CERTIFICATE = "device.crt"
CA = "ca.crt"
ODOO_KEYS = "odoo-keys"
FORMER = "former"
MAX_ODOO_KEYS = 1000

_ENROL = "enrol this bay anew"
__all__ = ["Broker", "Identity", "load"]


class _DeviceFile(Message):
    device: DeviceId
    bay: UUID
    partition: Partition
    brokers: Annotated[tuple[Broker, ...], Field(min_length=1)]
    media_url: HttpUrl
    odoo_public_key: Hash


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A device as enrolled; one Ed25519 key serves its certificate and its seals.

    :ivar odoo: the key that Odoo signs with now, as far as it has come through to us.
    :ivar former: those that it signed with before, since we were enrolled.
    """

    device: str
    bay: UUID
    partition: int
    brokers: tuple[Broker, ...]
    media_url: str
    odoo: Ed25519PublicKey
    key: Ed25519PrivateKey
    folder: Path
    certificate: x509.Certificate
    former: tuple[Ed25519PublicKey, ...] = ()

    @property
    def until(self) -> datetime:
        """When the certificate ends."""
        return self.certificate.not_valid_after_utc

    @property
    def valid(self) -> tuple[int, int]:
        """From when and until when the certificate holds, in milliseconds."""
        begin = self.certificate.not_valid_before_utc
        return milliseconds(begin), milliseconds(self.until)

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.certificate.public_bytes(Encoding.PEM))

    def tls(self, server_time: ServerTime) -> ssl.SSLContext:
        """For brokers: trusts our CA alone and shows the device's certificate."""
        context = self.media_tls(server_time)
        context.load_cert_chain(self.folder / CERTIFICATE, self.folder / KEY)
        return context

    def media_tls(self, server_time: ServerTime) -> ssl.SSLContext:
        """For media: trusts our CA alone; the request itself is signed."""
        return client_context(self.folder / CA, server_time.now)


def is_enrolled(folder: Path) -> bool:
    """Whether a device lies in the folder, in order or not."""
    return (folder / DEVICE).exists()


def load(folder: Path) -> Identity:
    """Read the data folder.

    :raises IdentityError: one sentence naming the file and the cure.
    """
    try:
        device = _DeviceFile.model_validate_json(_read(folder / DEVICE, _ENROL))
    except ValidationError as error:
        mistake = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in mistake["loc"]) or "content"
        raise IdentityError(
            f"{folder / DEVICE}: {where}: {mistake['msg']}; correct it or {_ENROL}."
        ) from error
    key = _load_key(folder)
    certificate = _check_certificate(folder, device.device, key)
    _certificate(folder / CA)
    try:
        first = keys.public_from_hex(device.odoo_public_key)
    except ValueError as error:
        raise IdentityError(
            f"{folder / DEVICE}: odoo_public_key is no Ed25519 key; {_ENROL}."
        ) from error
    *former, odoo = follow(first, _odoo_keys(folder))
    return Identity(
        device=device.device,
        bay=device.bay,
        partition=device.partition,
        brokers=device.brokers,
        media_url=str(device.media_url).rstrip("/"),
        odoo=odoo,
        key=key,
        folder=folder,
        certificate=certificate,
        former=tuple(former),
    )


def succeed(who: Identity, message: bytes) -> Identity:
    """Follow Odoo's key to the one that it names as its successor, for good.

    :raises ContractError: it has not announced that.
    :raises OSError: the announcement cannot be kept; nothing has changed.
    """
    change = read_change(who.odoo, message)
    # One line, whatever white space a broker put between its fields: in them is none.
    lines = [*_odoo_keys(who.folder), "".join(message.decode().split())]
    text = "".join(f"{line}\n" for line in lines[-MAX_ODOO_KEYS:])
    files.write(who.folder / ODOO_KEYS, text.encode())
    return replace(
        who,
        odoo=keys.public_from_hex(change.key),
        former=(*who.former, who.odoo),
    )


def _odoo_keys(folder: Path) -> list[str]:
    try:
        return (folder / ODOO_KEYS).read_text().splitlines()
    except FileNotFoundError:
        return []


def request(who: Identity) -> str:
    """A certificate request for the same key."""
    return _request(who.key, who.device).decode()


def renew(who: Identity, issued: Issued) -> Identity:
    """Take another certificate for the same device and key, and where all is now.

    :raises IdentityError: it is another's; nothing has changed.
    :raises OSError: it cannot be kept.
    """
    if issued.device != who.device or issued.bay != who.bay:
        raise IdentityError(f"a certificate for {issued.device} is not ours.")
    _fits(issued.certificate, who.device, who.key)
    files.write(who.folder / CERTIFICATE, issued.certificate.encode())
    # The key by which we know Odoo stays: only Odoo's own announcement changes it.
    values = json.loads((who.folder / DEVICE).read_text())
    changed = values | _addresses(issued)
    if changed != values:
        files.write(who.folder / DEVICE, json.dumps(changed, indent=1).encode())
    return load(who.folder)


def complete(folder: Path, issued: Issued, ca_pem: str) -> Identity:
    """Make the folder a device's, after ``keygen`` and what it led to.

    :raises IdentityError: the certificate is not for this device and key.
    :raises OSError: it cannot be written.
    """
    _fits(issued.certificate, issued.device, _load_key(folder))
    files.write(folder / CERTIFICATE, issued.certificate.encode())
    files.write(folder / CA, ca_pem.encode())
    (folder / ODOO_KEYS).unlink(missing_ok=True)
    values = {
        "device": issued.device,
        "bay": str(issued.bay),
        "partition": issued.partition,
        "odoo_public_key": issued.odoo_public_key,
        **_addresses(issued),
    }
    # Last: its presence says that the folder is complete.
    files.write(folder / DEVICE, json.dumps(values, indent=1).encode())
    return load(folder)


def set_aside(folder: Path) -> None:
    """Make room for another device; what the former one left is kept beside.

    Its key is spent: nothing that it holds can be sent any more, only looked at.
    """
    name = device_id(folder)
    kept = folder / FORMER / f"{name}-{secrets.token_hex(4)}"
    kept.mkdir(mode=0o700, parents=True)
    # Who it is goes last, so that one that is broken off is simply done again.
    last = [DEVICE, REQUEST, KEY]
    for path in sorted(
        folder.iterdir(),
        key=lambda each: last.index(each.name) if each.name in last else -1,
    ):
        if path.name not in (FORMER, "desk"):
            path.replace(kept / path.name)
    files.sync_folder(folder)


def _addresses(issued: Issued) -> dict[str, object]:
    return {
        "brokers": [broker.model_dump() for broker in issued.brokers],
        "media_url": str(issued.media_url).rstrip("/"),
    }


def _fits(pem: str, device: str, key: Ed25519PrivateKey) -> x509.Certificate:
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise IdentityError(f"what came is no certificate; {_ENROL}.") from error
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if [name.value for name in names] != [device]:
        raise IdentityError(f"the certificate is not of {device}; {_ENROL}.")
    if certificate.public_key() != key.public_key():
        raise IdentityError(f"the certificate does not belong to {KEY}; {_ENROL}.")
    return certificate


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
        key = key_files.generate(folder / KEY)
        (folder / REQUEST).write_bytes(_request(key, device))
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


def _request(key: Ed25519PrivateKey, device: str) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    return builder.sign(key, None).public_bytes(Encoding.PEM)


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
        return key_files.load(path)
    except ValueError as error:
        raise IdentityError(f"{path} is no Ed25519 key; {_ENROL}.") from error


def _certificate(path: Path) -> x509.Certificate:
    data = _read(path, _ENROL)
    try:
        return x509.load_pem_x509_certificate(data)
    except ValueError as error:
        raise IdentityError(f"{path} is no certificate in PEM; {_ENROL}.") from error


def _check_certificate(
    folder: Path, device: str, key: Ed25519PrivateKey
) -> x509.Certificate:
    path = folder / CERTIFICATE
    certificate = _certificate(path)
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if [name.value for name in names] != [device]:
        raise IdentityError(f"{path} is not of {device}; {_ENROL}.")
    if certificate.public_key() != key.public_key():
        raise IdentityError(f"{path} does not belong to {KEY}; {_ENROL}.")
    return certificate
