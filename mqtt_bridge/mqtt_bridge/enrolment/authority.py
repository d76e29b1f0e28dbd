"""The certificate authority: one key, and what it signs."""

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mqtt_bridge.enrolment import files
from mqtt_bridge.enrolment.errors import AuthorityError

Usage = Literal["client", "server"]
PublicKey = ec.EllipticCurvePublicKey | Ed25519PublicKey

AUTHORITY_DAYS = 3650
LEAF_DAYS = 365
RENEW_DAYS = 30

_USAGES = {
    "client": ExtendedKeyUsageOID.CLIENT_AUTH,
    "server": ExtendedKeyUsageOID.SERVER_AUTH,
}
# A clock that is a little behind must not refuse what was signed a moment ago.
_BACKDATED = timedelta(hours=1)


class Authority:
    """Signs certificates; :meth:`open` or :meth:`create` makes one."""

    def __init__(
        self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate
    ) -> None:
        self._key = key
        self.certificate = certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @classmethod
    def open(cls, folder: Path) -> "Authority":
        """Read ``ca.key`` and ``ca.crt``.

        :raises AuthorityError: one is missing, or they do not belong together.
        """
        key = _load_key(folder / "ca.key")
        try:
            certificate = x509.load_pem_x509_certificate(
                (folder / "ca.crt").read_bytes()
            )
        except (OSError, ValueError) as error:
            raise AuthorityError(f"{folder}: the CA cannot be read: {error}") from error
        if key.public_key() != certificate.public_key():
            raise AuthorityError(f"{folder}: ca.key and ca.crt do not belong together")
        return cls(key, certificate)

    @classmethod
    def create(cls, folder: Path) -> "Authority":
        """Open the CA in ``folder``, or make it where there is none.

        The key comes first, so that an interrupted start is simply gone on with.

        :raises AuthorityError: the key has gone: everything would have to be signed
            anew, which is not for a repeated set-up to decide.
        """
        files.folder(folder)
        key_path, path = folder / "ca.key", folder / "ca.crt"
        if path.exists():
            return cls.open(folder)
        if key_path.exists():
            key = _load_key(key_path)
        else:
            key = ec.generate_private_key(ec.SECP256R1())
            files.write(key_path, private_pem(key), 0o600)
        authority = cls(key, _self_signed(key))
        files.write(path, authority.pem, 0o644)
        return authority

    def sign(
        self,
        name: str,
        public_key: PublicKey,
        usage: Usage,
        hosts: Sequence[str] = (),
        days: int = LEAF_DAYS,
    ) -> x509.Certificate:
        """A leaf certificate with the common name ``name``, never outliving the CA."""
        now = datetime.now(UTC)
        until = min(now + timedelta(days=days), self.certificate.not_valid_after_utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(self.certificate.subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _BACKDATED)
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
            .add_extension(_key_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([_USAGES[usage]]), critical=False)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(
                    self._key.public_key()
                ),
                critical=False,
            )
        )
        if hosts:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_general_name(host) for host in hosts]),
                critical=False,
            )
        return builder.sign(self._key, hashes.SHA256())

    def has_signed(self, certificate: x509.Certificate) -> bool:
        try:
            certificate.verify_directly_issued_by(self.certificate)
        except (InvalidSignature, ValueError, TypeError):
            return False
        return True


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise AuthorityError(f"{path}: the CA's key cannot be read: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise AuthorityError(f"{path}: the CA's key is of another kind than ours")
    return key


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Workbay CA")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs=True), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def general_names(hosts: Sequence[str]) -> set[x509.GeneralName]:
    return {_general_name(host) for host in hosts}


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _key_usage(signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )
