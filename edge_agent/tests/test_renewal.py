"""The next certificate is asked for in time, signed by the key, and taken."""

import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from edge_agent import identity
from edge_agent.clock import FakeClock
from edge_agent.identity import CERTIFICATE, Identity
from edge_agent.renewal import LOOK_SECONDS, Renewal
from edge_agent.server_time import ServerTime
from workbay_contract import keys, media
from workbay_contract.enrolment import (
    EnrolAnswer,
    Issued,
    RenewRequest,
    check_renewal,
)

from .authority import Authority

AT = round(datetime.now(UTC).timestamp() * 1000)


class Office(ThreadingHTTPServer):
    """The bridge's ``/renew``; answers as told."""

    def __init__(self, authority: Authority) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authority.server("office"))
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.answers: list[EnrolAnswer] = []
        self.came: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"https://localhost:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Office

    def do_POST(self) -> None:
        assert self.path == "/renew"
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append((dict(self.headers), body))
        answer = self.server.answers.pop(0).model_dump_json().encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def office(authority: Authority) -> Iterator[Office]:
    server = Office(authority)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def bay(authority: Authority, office: Office, tmp_path: Path) -> Identity:
    return authority.enrol(tmp_path / "bay", "dev-00000001", [1], office.url)


def renewal(bay: Identity, at: int, told: list[str]) -> Renewal:
    time = ServerTime(FakeClock())
    time.pair(at, FakeClock().mono_ms())
    return Renewal(bay, time, lambda: told.append("renewed"))


def issued(bay: Identity, certificate: str, **values: object) -> EnrolAnswer:
    device = json.loads((bay.folder / identity.DEVICE).read_text())
    return EnrolAnswer(
        status="issued",
        server_time=AT,
        issued=Issued.model_validate({**device, "certificate": certificate, **values}),
    )


def test_a_certificate_that_ends_soon_is_followed_by_another(
    authority: Authority, office: Office, bay: Identity
) -> None:
    told: list[str] = []
    other = authority.renewed(bay, datetime.now(UTC) + timedelta(days=900))
    office.answers = [
        EnrolAnswer(status="waiting", server_time=AT),
        issued(bay, other, brokers=[{"host": "hub", "port": 8884}]),
    ]
    renew = renewal(bay, AT, told)
    assert renew.step() < LOOK_SECONDS
    assert renew.step() == LOOK_SECONDS
    assert told == ["renewed"]
    again = identity.load(bay.folder)
    assert again.until > bay.until
    assert again.key.public_key() == bay.key.public_key()
    assert [str(broker) for broker in again.brokers] == ["hub:8884"]
    # By its key, over the very request.
    headers, body = office.came[0]
    check_renewal(
        bay.key.public_key(),
        bay.device,
        body,
        int(headers[media.HEADER_TIME]),
        headers[media.HEADER_SIGNATURE],
        AT,
    )
    assert RenewRequest.model_validate_json(body).held == bay.fingerprint
    assert b"PRIVATE" not in body
    assert renew.step() == LOOK_SECONDS
    assert len(office.came) == 2, "the new one is good for long"
    renew.stop()


def test_one_that_is_good_for_long_and_one_that_has_ended_are_left_alone(
    office: Office, bay: Identity
) -> None:
    begin, end = bay.valid
    for at in (begin + 1000, end + 1000):
        renew = renewal(bay, at, [])
        assert renew.step() == LOOK_SECONDS
        renew.stop()
    assert not office.came


def test_another_devices_certificate_is_not_taken(
    authority: Authority, office: Office, bay: Identity, tmp_path: Path
) -> None:
    other = authority.enrol(tmp_path / "other", "dev-00000002", [1], office.url)
    before = (bay.folder / CERTIFICATE).read_bytes()
    for answer in (
        issued(bay, authority.renewed(other)),
        issued(other, authority.renewed(other)),
    ):
        office.answers = [answer]
        renew = renewal(bay, AT, [])
        with pytest.raises(ValueError, match="enrol|not ours"):
            renew.step()
        renew.stop()
    assert (bay.folder / CERTIFICATE).read_bytes() == before


def test_odoos_key_is_changed_by_nobody_but_its_owner(
    authority: Authority, office: Office, bay: Identity
) -> None:
    """A stolen bridge could put another one into its answer."""
    strange = keys.public_hex(bay.key)
    office.answers = [issued(bay, authority.renewed(bay), odoo_public_key=strange)]
    renew = renewal(bay, AT, [])
    renew.step()
    renew.stop()
    again = identity.load(bay.folder)
    assert keys.public_hex(again.odoo) == keys.public_hex(bay.odoo)
