"""A service's own key and certificate, renewed in time."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from mqtt_bridge.certificate import common_name
from mqtt_bridge.enrolment import files
from mqtt_bridge.enrolment.authority import (
    RENEW_DAYS,
    Authority,
    Usage,
    general_names,
    private_pem,
)


def ensure(
    authority: Authority,
    folder: Path,
    stem: str,
    name: str,
    usage: Usage,
    hosts: Sequence[str] = (),
    *,
    anew: bool = False,
) -> bool:
    """Have ``stem.key`` and ``stem.crt`` in ``folder``, good for 30 days at least.

    The key stays over renewals: it is written before its certificate, and a
    certificate that does not fit it is made anew. Asked for ``anew``, both are others.

    :return: whether a certificate had to be made.
    """
    if anew:
        fresh = ec.generate_private_key(ec.SECP256R1())
        files.write(folder / f"{stem}.key", private_pem(fresh), 0o600)
    key = _ensure_key(folder / f"{stem}.key")
    path = folder / f"{stem}.crt"
    if _is_good(authority, path, key, name, usage, hosts):
        return False
    certificate = authority.sign(name, key.public_key(), usage, hosts)
    files.write(path, certificate.public_bytes(Encoding.PEM), 0o644)
    return True


def _ensure_key(path: Path) -> ec.EllipticCurvePrivateKey:
    if path.exists():
        try:
            key = load_pem_private_key(path.read_bytes(), None)
        except (ValueError, TypeError):
            key = None  # a damaged service key is worth nothing: a new one follows
        if isinstance(key, ec.EllipticCurvePrivateKey):
            path.chmod(0o600)
            return key
    fresh = ec.generate_private_key(ec.SECP256R1())
    files.write(path, private_pem(fresh), 0o600)
    return fresh


def _is_good(
    authority: Authority,
    path: Path,
    key: ec.EllipticCurvePrivateKey,
    name: str,
    usage: Usage,
    hosts: Sequence[str],
) -> bool:
    if not path.exists():
        return False
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError:
        return False
    left = certificate.not_valid_after_utc - datetime.now(UTC)
    return (
        left >= timedelta(days=RENEW_DAYS)
        and certificate.public_key() == key.public_key()
        and common_name(certificate) == name
        and _usage(certificate) == usage
        and _hosts(certificate) == general_names(hosts)
        and authority.has_signed(certificate)
    )


def _usage(certificate: x509.Certificate) -> Usage | None:
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return None
    if ExtendedKeyUsageOID.SERVER_AUTH in usages.value:
        return "server"
    return "client"


def _hosts(certificate: x509.Certificate) -> set[x509.GeneralName]:
    try:
        names = certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
    except x509.ExtensionNotFound:
        return set()
    return set(names.value)
