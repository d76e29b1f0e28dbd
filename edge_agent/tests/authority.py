"""A certificate authority and devices, made for one test session."""

import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from uuid import UUID, uuid4

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from edge_agent import identity
from edge_agent.identity import Identity
from workbay_contract import keys


class Authority:
    """Signs for brokers and devices, as enrolment does."""

    def __init__(
        self,
        folder: Path,
        begin: datetime | None = None,
        end: datetime | None = None,
    ) -> None:
        self.folder = folder
        self.key = Ed25519PrivateKey.generate()
        self.odoo = Ed25519PrivateKey.generate()
        self.certificate = self._sign(
            "Workbay test CA", self.key.public_key(), ca=True, begin=begin, end=end
        )
        self.ca_path = folder / "ca.crt"
        self.ca_path.write_bytes(self.certificate)

    def server(
        self,
        name: str = "localhost",
        begin: datetime | None = None,
        end: datetime | None = None,
    ) -> tuple[Path, Path]:
        """Certificate and key of a server, as files."""
        crt, pem = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        if begin is None and end is None and crt.exists():
            return crt, pem  # a broker that starts meanwhile may be reading them
        key = Ed25519PrivateKey.generate()
        crt.write_bytes(
            self._sign(name, key.public_key(), server=True, begin=begin, end=end)
        )
        pem.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        return crt, pem

    def enrol(
        self,
        folder: Path,
        device: str,
        ports: list[int],
        media_url: str = "https://localhost:1",
        bay: UUID | None = None,
    ) -> Identity:
        """Fill ``folder`` as enrolment does, and read it."""
        identity.keygen(folder, device)
        request = x509.load_pem_x509_csr((folder / identity.REQUEST).read_bytes())
        public = request.public_key()
        assert isinstance(public, Ed25519PublicKey)
        (folder / identity.CERTIFICATE).write_bytes(self._sign(device, public))
        (folder / identity.CA).write_bytes(self.certificate)
        (folder / identity.DEVICE).write_text(
            json.dumps(
                {
                    "device": device,
                    "bay": str(bay or uuid4()),
                    "partition": 7,
                    "brokers": [{"host": "localhost", "port": port} for port in ports],
                    "media_url": media_url,
                    "odoo_public_key": keys.public_hex(self.odoo),
                }
            )
        )
        return identity.load(folder)

    def renewed(self, who: Identity, end: datetime | None = None) -> str:
        """Another certificate for the same device and key."""
        return self._sign(who.device, who.key.public_key(), end=end).decode()

    def _sign(
        self,
        name: str,
        public: Ed25519PublicKey,
        ca: bool = False,
        server: bool = False,
        begin: datetime | None = None,
        end: datetime | None = None,
    ) -> bytes:
        issuer = "Workbay test CA"
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            # before SERVER_MS
            .not_valid_before(begin or datetime(2026, 1, 1, tzinfo=UTC))
            .not_valid_after(end or now + timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), True)
        )
        if server:
            names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
        return builder.sign(self.key, None).public_bytes(Encoding.PEM)
