"""From an enrolment code to a device, and what is said when it does not go."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography import x509

from edge_agent import enrolling, identity
from edge_agent.clock import FakeClock
from edge_agent.enrolling import Enroller
from edge_agent.identity import Identity
from edge_agent.server_time import FILE as TIME_FILE
from edge_agent.server_time import ServerTime
from workbay_contract import keys
from workbay_contract.enrolment import (
    EnrolAnswer,
    EnrolRequest,
    Issued,
    code_text,
    fingerprint,
)
from workbay_contract.wording import WORDING

from .authority import Authority
from .broker import free_port
from .odoo_side import PATIENCE

SECRET = "s" * 43
AT = round(datetime.now(UTC).timestamp() * 1000)


class Office(ThreadingHTTPServer):
    """The bridge's ``/enrol``, with an Odoo that says what the test wants."""

    def __init__(self, authority: Authority, files: tuple[Path, Path]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.authority = authority
        self.ca = authority.certificate
        self.came: list[EnrolRequest] = []
        self.answers: list[Callable[[EnrolRequest], EnrolAnswer]] = []
        self.bay = uuid4()

    @property
    def url(self) -> str:
        return f"https://localhost:{self.server_address[1]}"

    def code(self, ca: str | None = None) -> str:
        return code_text(
            self.url, SECRET, ca or fingerprint(self.authority.certificate)
        )

    def issue(self, asked: EnrolRequest) -> EnrolAnswer:
        request = x509.load_pem_x509_csr(asked.csr.encode())
        device = str(request.subject.rdns[0].rfc4514_string()).removeprefix("CN=")
        certificate = self.authority._sign(device, request.public_key())
        return EnrolAnswer(
            status="issued",
            server_time=AT,
            issued=Issued.model_validate(
                {
                    "device": device,
                    "bay": self.bay,
                    "partition": 7,
                    "brokers": [{"host": "localhost", "port": 8883}],
                    "media_url": self.url,
                    "odoo_public_key": keys.public_hex(self.authority.odoo),
                    "certificate": certificate.decode(),
                    "bay_name": "B3 Lift",
                    "store": "Pudong",
                }
            ),
        )


class _Handler(BaseHTTPRequestHandler):
    server: Office

    def do_GET(self) -> None:
        self._say(200, self.server.ca)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = EnrolRequest.model_validate_json(body)
        self.server.came.append(asked)
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        self._say(200, answer(asked).model_dump_json().encode())

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def refused(code: str) -> Callable[[EnrolRequest], EnrolAnswer]:
    return lambda _asked: EnrolAnswer(status="refused", code=code, server_time=AT)


def waiting(_asked: EnrolRequest) -> EnrolAnswer:
    return EnrolAnswer(status="waiting", server_time=AT)


@pytest.fixture
def office(authority: Authority) -> Iterator[Office]:
    # Its certificate ended long ago by this machine's clock: nobody asks the clock.
    ended = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
    server = Office(authority, authority.server("ended", *ended))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Desk:
    """A unit whose screen is looked at."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.done = threading.Event()
        self.enroller = Enroller(folder, self.done.set)
        self.enroller.start()

    def shown(self, phase: str) -> Any:
        changes, deadline = self.enroller.changes, PATIENCE
        version = 0
        while self.enroller.progress.phase != phase:
            newer = changes.wait(version, deadline)
            assert newer > version, self.enroller.progress
            version = newer
        return self.enroller.progress


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(enrolling, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(enrolling, "RETRY_SECONDS", 0.1)
    monkeypatch.setattr(enrolling, "SHOWN_SECONDS", 0.05)
    desk = Desk(tmp_path / "unit")
    yield desk
    desk.enroller.stop()


def test_a_code_leads_to_a_device_without_any_clock(desk: Desk, office: Office) -> None:
    office.answers = [waiting, waiting, office.issue]
    desk.enroller.scanned(office.code())
    assert desk.shown("done").store == "Pudong"
    assert desk.done.wait(PATIENCE)
    who = identity.load(desk.folder)
    assert (who.bay, who.partition) == (office.bay, 7)
    assert len({asked.csr for asked in office.came}) == 1, "one and the same request"
    assert "PRIVATE" not in office.came[0].model_dump_json()
    # The time came with it, for a clock that stands in 1970.
    clock = FakeClock(synced=False)
    assert ServerTime(clock, desk.folder / TIME_FILE).now().least == AT


@pytest.mark.parametrize(
    "code",
    ["enrol_unknown", "enrol_expired", "enrol_spent", "enrol_other_bay"],
)
def test_a_refusal_is_a_sentence_and_the_next_code_is_taken(
    desk: Desk, office: Office, code: str
) -> None:
    office.answers = [refused(code)]
    desk.enroller.scanned(office.code())
    assert desk.shown("refused").code == code
    assert set(WORDING[code]) == {"en_US", "zh_CN"}
    office.answers = [office.issue]
    desk.enroller.scanned(office.code())
    assert desk.done.wait(PATIENCE)


def test_a_server_of_another_authority_is_told_nothing(
    desk: Desk, office: Office, tmp_path: Path
) -> None:
    (tmp_path / "false").mkdir()
    thief = Authority(tmp_path / "false")
    office.answers = [office.issue]
    # It shows its own CA's certificate.
    office.ca = thief.certificate
    desk.enroller.scanned(office.code())
    assert desk.shown("refused").code == "enrol_wrong_ca"
    assert not office.came


def test_a_server_that_only_shows_the_right_authority_is_told_nothing(
    authority: Authority, desk: Desk, tmp_path: Path
) -> None:
    (tmp_path / "false").mkdir()
    thief = Authority(tmp_path / "false")
    server = Office(authority, thief.server("thief"))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    server.answers = [server.issue]
    desk.enroller.scanned(server.code())
    assert desk.shown("refused").code == "enrol_wrong_ca"
    assert not server.came
    server.shutdown()
    thread.join()
    server.server_close()


def test_nobody_there_is_said_and_tried_again(desk: Desk, office: Office) -> None:
    nowhere = code_text(f"https://localhost:{free_port()}", SECRET, "a" * 64)
    desk.enroller.scanned(nowhere)
    shown = desk.shown("waiting")
    assert shown.code == "enrol_unreachable"
    assert "localhost" in shown.params["host"]
    # Another code is followed at once.
    office.answers = [office.issue]
    desk.enroller.scanned(office.code())
    assert desk.done.wait(PATIENCE)


def test_a_foreign_code_is_said_to_be_one(desk: Desk) -> None:
    desk.enroller.scanned("https://example.com/menu")
    assert desk.shown("refused").code == "foreign_code"


def test_a_unit_whose_key_is_spent_makes_another_and_keeps_the_old_aside(
    authority: Authority, desk: Desk, office: Office
) -> None:
    before = authority.enrol(desk.folder, "dev-00000009", [1])
    (desk.folder / "outbox.sqlite").write_text("what was not sent")
    office.answers = [refused("enrol_new_key"), office.issue]
    desk.enroller.scanned(office.code())
    assert desk.done.wait(PATIENCE)
    who = identity.load(desk.folder)
    assert who.device != before.device
    assert who.key.public_key() != before.key.public_key()
    [kept] = (desk.folder / identity.FORMER).iterdir()
    assert (kept / "outbox.sqlite").read_text() == "what was not sent"
    assert json.loads((kept / "device.json").read_text())["device"] == before.device


def test_a_unit_whose_certificate_ended_keeps_key_and_outbox(
    authority: Authority, desk: Desk, office: Office
) -> None:
    before: Identity = authority.enrol(desk.folder, "dev-00000009", [1])
    (desk.folder / "outbox.sqlite").write_text("what was not sent")
    office.answers = [office.issue]
    desk.enroller.scanned(office.code())
    assert desk.done.wait(PATIENCE)
    who = identity.load(desk.folder)
    assert who.device == before.device
    assert who.key.public_key() == before.key.public_key()
    assert (desk.folder / "outbox.sqlite").read_text() == "what was not sent"
