"""Connections to our own servers, their certificates judged by Odoo's clock, not ours.

A bay whose clock stands in 1970 after a power cut must still come in, and a certificate
that has ended must not pass because a clock was set back.
"""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509

NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME: OpenSSL leaves the dates to us."""
TOLERANCE = timedelta(days=1)
"""A certificate made this very hour is no reason to stay away."""


class Now(NamedTuple):
    """What is known of the time, in milliseconds since 1970.

    :ivar least: it is at least this; None: nothing is known.
    :ivar most: it is at most this; None: it may be any later.
    """

    least: int | None
    most: int | None


class Context(ssl.SSLContext):
    """Trusts one CA; after each handshake the peer's dates are judged by ``now``."""

    now: Callable[[], Now]
    authority: x509.Certificate | None


class _Judged(ssl.SSLSocket):
    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        context = self.context
        if not isinstance(context, Context):
            return
        der = self.getpeercert(binary_form=True)
        if der is None:
            raise ssl.SSLCertVerificationError("the server shows no certificate")
        now = context.now()
        judge(x509.load_der_x509_certificate(der), now)
        if context.authority is not None:
            judge(context.authority, now)


def client_context(ca: Path, now: Callable[[], Now]) -> Context:
    """For a client that trusts the CA in ``ca`` alone."""
    context = _context(now)
    context.load_verify_locations(ca)
    context.authority = x509.load_pem_x509_certificate(ca.read_bytes())
    return context


def pinned_context(ca_pem: str) -> Context:
    """For the first meeting: the CA is known by its hash, and there is no clock."""
    context = _context(lambda: Now(None, None))
    context.load_verify_locations(cadata=ca_pem)
    return context


def _context(now: Callable[[], Now]) -> Context:
    context = Context(ssl.PROTOCOL_TLS_CLIENT)
    # Both ends are ours: there is no older peer to be kind to.
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_flags |= NO_CHECK_TIME
    context.sslsocket_class = _Judged
    context.now = now
    context.authority = None
    return context


def judge(certificate: x509.Certificate, now: Now) -> None:
    """:raises ssl.SSLCertVerificationError: it has ended, or not begun."""
    if now.least is not None and certificate.not_valid_after_utc < _at(now.least):
        raise ssl.SSLCertVerificationError(
            f"the certificate ended on {certificate.not_valid_after_utc:%Y-%m-%d}"
        )
    if now.most is not None and (
        certificate.not_valid_before_utc > _at(now.most) + TOLERANCE
    ):
        raise ssl.SSLCertVerificationError(
            f"the certificate begins on {certificate.not_valid_before_utc:%Y-%m-%d}"
        )


def _at(milliseconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):  # a clock beyond the calendar
        return datetime.max.replace(tzinfo=UTC) - TOLERANCE


def milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def unverified_context() -> ssl.SSLContext:
    """To fetch the CA's certificate, whose hash is what is trusted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
