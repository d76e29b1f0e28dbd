"""Who a certificate names."""

from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID


def common_name(certificate: x509.Certificate) -> str | None:
    """The only common name of a certificate; None where there is not exactly one."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if len(names) == 1 else None


def check_name(path: Path, name: str, setting: str) -> None:
    """:raises ValueError: the certificate in ``path`` is somebody else's."""
    found = common_name(x509.load_pem_x509_certificate(path.read_bytes()))
    if found != name:
        raise ValueError(f"{setting}: is {name}, but {path} names {found}")
