"""Enrolment between a real broker and a list that plays Odoo's."""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from mqtt_bridge.configuration import ConfigurationError, load
from mqtt_bridge.enrolment import request, service
from mqtt_bridge.enrolment.__main__ import main
from mqtt_bridge.enrolment.access import Device, render_broker_file
from mqtt_bridge.enrolment.authority import Authority
from mqtt_bridge.enrolment.errors import RequestError
from mqtt_bridge.enrolment.names import BRIDGE, ENROLMENT
from mqtt_bridge.enrolment.settings import Settings
from mqtt_bridge.testing.broker import (
    ONE,
    TWO,
    Broker,
    Client,
    free_port,
    make_device,
    wait_for,
)
from mqtt_bridge.testing.odoo import FakeOdoo, HttpError

NOT_AUTHORISED = 0x87
NOBODY_LISTENS = 0x10
CUT_OFF_SECONDS = 10.0
KEY = Ed25519PrivateKey.generate()
THREE = ONE.model_copy(update={"device": "dev-three-03", "partition": 9})


def csr(
    *names: str, key: Any = KEY, oid: x509.ObjectIdentifier = NameOID.COMMON_NAME
) -> str:
    subject = x509.Name([x509.NameAttribute(oid, name) for name in names])
    algorithm = None if isinstance(key, Ed25519PrivateKey) else hashes.SHA256()
    made = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return made.sign(key, algorithm).public_bytes(Encoding.PEM).decode()


def row(device: Device) -> dict[str, Any]:
    return dict(json.loads(device.model_dump_json()))


def topic(device: Device, leaf: str = "events") -> str:
    return f"workbay/v1/{device.partition}/{device.bay}/{leaf}"


class Office:
    """Odoo's side of enrolment, as workshop_edge keeps it."""

    def __init__(self, odoo: FakeOdoo) -> None:
        self.enrolled = [ONE, TWO]
        self.pending: list[dict[str, Any]] = []
        self.certificates: dict[str, str] = {}
        self.polls = 0
        odoo.on("enrolled", self.list)
        odoo.on("pending_requests", lambda: list(self.pending))
        odoo.on("issue", self.issue)

    def list(self) -> list[dict[str, Any]]:
        self.polls += 1
        return [row(device) for device in self.enrolled]

    def ask(self, device: Device, text: str) -> None:
        self.pending.append({**row(device), "csr": text})

    def issue(self, device: str, certificate: str) -> None:
        [asked] = [each for each in self.pending if each["device"] == device]
        self.pending.remove(asked)
        self.enrolled.append(
            Device(device=device, bay=asked["bay"], partition=asked["partition"])
        )
        self.certificates[device] = certificate


@pytest.fixture
def office(odoo: FakeOdoo) -> Office:
    return Office(odoo)


@pytest.fixture
def settings(
    pki: Path, broker: Broker, odoo: FakeOdoo, key_file: Path
) -> dict[str, str]:
    return {
        "ENROL_NAME": ENROLMENT,
        "ENROL_ODOO_URL": odoo.url,
        "ENROL_ODOO_DB": "workbay",
        "ENROL_ODOO_KEY_FILE": str(key_file),
        "ENROL_BROKERS": json.dumps([{"host": "localhost", "port": broker.port}]),
        "ENROL_CA_DIR": str(pki / "ca"),
        "ENROL_CA_FILE": str(pki / "enrolment/ca.crt"),
        "ENROL_CERT_FILE": str(pki / "enrolment/client.crt"),
        "ENROL_KEY_FILE": str(pki / "enrolment/client.key"),
        "ENROL_POLL_SECONDS": "0.2",
        "ENROL_RECONCILE_SECONDS": "1",
    }


@pytest.fixture
def start(office: Office, settings: dict[str, str]) -> Iterator[Callable[..., None]]:
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def run(**changes: str) -> None:
        changed = {f"ENROL_{name.upper()}": text for name, text in changes.items()}
        loaded = load(Settings, settings | changed)
        threads.append(threading.Thread(target=service.run, args=(loaded, stop)))
        threads[-1].start()

    yield run
    stop.set()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


Start = Callable[..., None]
Connect = Callable[[str], Client]


def test_a_request_becomes_a_certificate_that_works(
    office: Office, start: Start, pki: Path, broker: Broker, client: Connect
) -> None:
    office.ask(THREE, csr(THREE.device))
    start()
    assert wait_for(lambda: THREE.device in office.certificates)
    text = office.certificates[THREE.device].encode()
    certificate = x509.load_pem_x509_certificate(text)
    assert certificate.public_key() == KEY.public_key()
    assert Authority.open(pki / "ca").has_signed(certificate)
    bay = client(THREE.device)
    assert bay.publish(topic(THREE)) == NOBODY_LISTENS
    assert bay.publish(topic(ONE)) == NOT_AUTHORISED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        csr("dev-other-01"),
        csr(),
        csr(THREE.device, THREE.device),
        csr(THREE.device, oid=NameOID.ORGANIZATION_NAME),
        csr(THREE.device, key=ec.generate_private_key(ec.SECP256R1())),
        csr(THREE.device).replace("-----BEGIN", "-----BEGIN X", 1),
        "x" * 9000,
    ],
)
def test_a_bad_request_is_not_signed(text: str) -> None:
    with pytest.raises(RequestError):
        request.check(request.Pending(**row(THREE), csr=text))


def test_a_request_signed_by_another_key_is_not_signed() -> None:
    der = bytearray(
        x509.load_pem_x509_csr(csr(THREE.device).encode()).public_bytes(Encoding.DER)
    )
    der[-1] ^= 1
    text = x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM).decode()
    with pytest.raises(RequestError, match="own key"):
        request.check(request.Pending(**row(THREE), csr=text))


def test_nobody_is_certified_under_a_services_name() -> None:
    for name in ("bridge-main-02", ENROLMENT):
        device = THREE.model_copy(update={"device": name})
        with pytest.raises(RequestError, match="service"):
            request.check(request.Pending(**row(device), csr=csr(name)))


def test_a_bad_request_keeps_nobody_else_waiting(
    office: Office, start: Start, broker: Broker
) -> None:
    office.ask(ONE.model_copy(update={"device": "dev-forged-01"}), csr("dev-else-01"))
    office.ask(THREE, csr(THREE.device))
    start()
    assert wait_for(lambda: THREE.device in office.certificates)
    assert "dev-forged-01" not in office.certificates
    assert "dev-forged-01" not in broker.clients()


def test_a_revoked_device_loses_its_rights_while_connected(
    office: Office, start: Start, broker: Broker, client: Connect
) -> None:
    start(reconcile_seconds="3600")  # not reconciliation: the poll does it
    one, two, bridge = client(ONE.device), client(TWO.device), client("bridge")
    bridge.subscribe(f"workbay/v1/{ONE.partition}/+/events")
    assert one.publish(topic(ONE)) == 0
    assert wait_for(lambda: broker.clients() >= {ONE.device})
    office.enrolled = [TWO]
    assert wait_for(lambda: one.closed, 3)
    assert one.publish(topic(ONE)) == NOT_AUTHORISED  # having connected anew
    assert one.subscribe(topic(ONE, "outcomes")) == NOT_AUTHORISED
    assert two.closed == []
    assert wait_for(lambda: ONE.device not in broker.clients())
    assert wait_for(lambda: f"device:{ONE.device}" not in broker.roles())


def test_a_revoked_device_is_cut_off_at_every_broker_a_hanging_one_or_not(
    office: Office, start: Start, broker: Broker, pki: Path, tmp_path: Path
) -> None:
    # Set up before the first one's own files, as a broker of its own.
    shutil.copytree(pki, tmp_path / "second")
    second = Broker(tmp_path / "second", (ONE, TWO))
    second.start()
    folder, _key = make_device(pki, ONE.device)
    clients = [Client(folder, each.port) for each in (broker, second)]
    brokers = [{"host": "localhost", "port": each.port} for each in (broker, second)]
    try:
        start(brokers=json.dumps(brokers), reconcile_seconds="3600")
        assert [each.publish(topic(ONE)) for each in clients] == [NOBODY_LISTENS] * 2
        assert wait_for(lambda: office.polls > 3)
        begun = time.monotonic()
        office.enrolled = [TWO]
        assert wait_for(lambda: all(each.closed for each in clients), CUT_OFF_SECONDS)
        assert time.monotonic() - begun < CUT_OFF_SECONDS
        office.enrolled = [ONE, TWO]
        assert wait_for(lambda: ONE.device in second.clients())
        other = Client(folder, second.port)
        clients.append(other)
        with broker.hanging():
            office.enrolled = [TWO]
            assert wait_for(lambda: other.closed, CUT_OFF_SECONDS)
    finally:
        for each in clients:
            each.close()
        second.stop()


def test_what_a_broker_should_not_know_is_deleted_and_what_it_lost_restored(
    office: Office, start: Start, broker: Broker
) -> None:
    broker.stop()
    document = json.loads(broker.plugin.read_bytes())
    acls = document["roles"][0]["acls"]
    document["clients"] = [
        each for each in document["clients"] if each["username"] != TWO.device
    ] + [{"username": "dev-intruder", "roles": [{"rolename": "all"}]}]
    document["roles"].append({"rolename": "all", "acls": acls})
    broker.plugin.write_text(json.dumps(document))
    broker.start()
    start()
    expected = {ONE.device, TWO.device, BRIDGE, ENROLMENT}
    assert wait_for(lambda: broker.clients() == expected)
    assert wait_for(lambda: "all" not in broker.roles())


def test_a_device_that_moved_gets_the_topics_of_its_new_bay(
    office: Office, start: Start, client: Connect
) -> None:
    start()
    moved = ONE.model_copy(update={"partition": 33})
    one = client(ONE.device)
    assert one.publish(topic(moved)) == NOT_AUTHORISED
    office.enrolled = [moved, TWO]
    assert wait_for(lambda: one.publish(topic(moved)) == NOBODY_LISTENS)
    assert one.publish(topic(ONE)) == NOT_AUTHORISED


def test_a_broker_rebuilt_behind_our_back_is_brought_into_step(
    office: Office, start: Start, broker: Broker, pki: Path
) -> None:
    start(reconcile_seconds="3600")
    assert wait_for(lambda: broker.clients() >= {ONE.device})
    broker.stop()
    broker.plugin.write_bytes(render_broker_file((), (BRIDGE,), ENROLMENT))
    broker.start()
    assert wait_for(lambda: broker.clients() >= {ONE.device, TWO.device}, 15)


def test_a_broker_that_is_down_keeps_no_device_waiting(
    office: Office, start: Start, broker: Broker
) -> None:
    office.ask(THREE, csr(THREE.device))
    brokers = [
        {"host": "localhost", "port": port} for port in (free_port(), broker.port)
    ]
    start(brokers=json.dumps(brokers))
    assert wait_for(lambda: THREE.device in office.certificates, 15)


def test_an_odoo_that_was_away_is_asked_again(
    office: Office, start: Start, odoo: FakeOdoo
) -> None:
    def down() -> None:
        raise HttpError(503)

    odoo.on("pending_requests", down)
    start()
    assert wait_for(lambda: odoo.made("pending_requests"))
    odoo.on("pending_requests", lambda: list(office.pending))
    office.ask(THREE, csr(THREE.device))
    assert wait_for(lambda: THREE.device in office.certificates)


def test_rebuild_writes_the_broker_from_odoos_list_alone(
    office: Office,
    broker: Broker,
    settings: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    client: Connect,
) -> None:
    broker.stop()
    broker.plugin.unlink()
    office.enrolled = [TWO]
    for name, text in settings.items():
        monkeypatch.setenv(name, text)
    assert main(["rebuild", "--file", str(broker.plugin)]) == 0
    broker.start()
    assert broker.clients() == {TWO.device, BRIDGE, ENROLMENT}
    assert client(TWO.device).publish(topic(TWO)) == NOBODY_LISTENS
    assert client(ONE.device).publish(topic(ONE)) == NOT_AUTHORISED


def test_every_mistake_in_the_settings_is_named_at_once(
    settings: dict[str, str], pki: Path
) -> None:
    wrong = settings | {
        "ENROL_ODOO_URL": "odoo",
        "ENROL_BROKERS": "[{]",
        "ENROL_CA_DIR": str(pki / "nowhere"),
        "ENROL_POLL_SECONDS": "0",
        "ENROL_PORT": "1",
    }
    del wrong["ENROL_ODOO_DB"]
    with pytest.raises(ConfigurationError) as caught:
        load(Settings, wrong)
    named = {mistake.partition(":")[0] for mistake in caught.value.mistakes}
    assert named == {
        "ENROL_ODOO_URL",
        "ENROL_BROKERS",
        "ENROL_CA_DIR",
        "ENROL_POLL_SECONDS",
        "ENROL_PORT",
        "ENROL_ODOO_DB",
    }


def test_files_that_do_not_belong_together_stop_the_start(
    settings: dict[str, str], pki: Path
) -> None:
    for wrong in (
        {"ENROL_KEY_FILE": str(pki / "bridge/client.key")},
        {"ENROL_NAME": "enrolment-main-02"},
        {"ENROL_CA_DIR": str(pki / "bridge")},
    ):
        with pytest.raises(ConfigurationError):
            load(Settings, settings | wrong)
