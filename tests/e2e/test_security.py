"""What a stolen certificate is good for: its own little, and nothing else."""

import hashlib
import json
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from edge_agent import identity
from tests.e2e.conftest import Faults
from tests.support.mqtt import MqttClient
from tests.support.shop import PHOTO, Shop
from workbay_contract.answers import Outcome, Outcomes, sign_answer
from workbay_contract.batch import decode_batch
from workbay_contract.media import path as media_path
from workbay_contract.media import sign_upload
from workbay_contract.topics import DOWNLINK, ROOT, UPLINK
from workbay_deploy.readiness import wait_until
from workbay_deploy.services import BRIDGE
from workbay_deploy.stack import Stack

REFUSED = "Not authorized"
CUT_OFF_SECONDS = 10.0


def _root(folder: Path) -> str:
    values = json.loads((folder / "device.json").read_text())
    return f"{ROOT}/{values['partition']}/{values['bay']}"


def _as_device(stack: Stack, folder: Path) -> MqttClient:
    name = json.loads((folder / "device.json").read_text())["device"]
    return MqttClient(stack.chain.ports.mqtt, name, folder, "device.crt", "device.key")


@pytest.fixture
def stolen(stack: Stack, faults: Faults) -> Iterator[MqttClient]:
    """The second bay's certificate in somebody else's hands."""
    faults.stop("bay-2")
    with _as_device(stack, stack.chain.paths.bay(2)) as client:
        yield client


def test_a_device_hears_itself_and_nobody_else(
    stack: Stack, stolen: MqttClient
) -> None:
    own, other = (_root(stack.chain.paths.bay(number)) for number in (2, 1))
    assert stolen.subscribe(f"{own}/outcomes") == "Granted QoS 1"
    topics = [f"{other}/{leaf}" for leaf in (*UPLINK, *DOWNLINK)]
    wide = [f"{ROOT}/#", f"{ROOT}/+/+/outcomes", f"{own}/+", "#", "$SYS/#"]
    # What the bridge subscribes to, alone and as one of a group.
    partition = own.split("/")[2]
    wide += [f"{ROOT}/{partition}/+/{leaf}" for leaf in UPLINK]
    wide += [f"$share/bridge/{ROOT}/{partition}/+/{leaf}" for leaf in UPLINK]
    wide += [f"$share/any/{own}/events", f"{ROOT}/bridge/+/selftest"]
    control = ["$CONTROL/dynamic-security/v1/response"]
    for topic in (*topics, *wide, *control):
        assert stolen.subscribe(topic) == REFUSED, topic


def test_a_device_speaks_for_itself_and_nobody_else(
    stack: Stack, stolen: MqttClient
) -> None:
    own, other = (_root(stack.chain.paths.bay(number)) for number in (2, 1))
    assert stolen.publish(f"{own}/state", b"{}") != REFUSED
    topics = [f"{other}/{leaf}" for leaf in (*UPLINK, *DOWNLINK)]
    down = [f"{own}/{leaf}" for leaf in DOWNLINK]
    for topic in (*topics, *down, "$CONTROL/dynamic-security/v1"):
        assert stolen.publish(topic, b"{}") == REFUSED, topic


def test_an_outcome_that_odoo_did_not_sign_settles_nothing(
    stack: Stack, shop: Shop, faults: Faults
) -> None:
    order, bay = shop.receive(), shop.bay(1)
    shop.present(bay, shop.login("technician"), order)
    folder = stack.chain.paths.bay(1)
    device = json.loads((folder / "device.json").read_text())["device"]
    faults.stop("bridge")
    with MqttClient(
        stack.chain.ports.mqtt,
        BRIDGE,
        stack.chain.paths.secrets / "bridge",
        "client.crt",
        "client.key",
    ) as rogue:
        assert rogue.subscribe(f"{_root(folder)}/events") == "Granted QoS 1"
        seq = bay.confirm(order.job, "start")
        batch = decode_batch(rogue.messages.get(timeout=20).payload)
        forged = Outcomes(
            device=device,
            server_time=int(time.time() * 1000),
            seal=batch.seal,
            outcomes=(Outcome(seq=seq, result="accepted", effect="applied"),),
        )
        signed = sign_answer(Ed25519PrivateKey.generate(), forged)
        log = stack.logs / "bay-1.log"
        before = log.read_text().count("Message on outcomes ignored")
        assert rogue.publish(f"{_root(folder)}/outcomes", signed) == "Success"
        shop.wait_for(
            "the bay to have seen it",
            lambda: log.read_text().count("Message on outcomes ignored") > before,
        )
        view = bay.view()
        assert (view["recent"][0]["seq"], view["recent"][0]["result"]) == (
            seq,
            "waiting",
        )
        assert view["waiting"]["events"] == 1
    assert shop.events(order.id) == []
    faults.start("bridge")
    assert bay.outcome(seq)["result"] == "accepted"
    assert [event["node"] for event in shop.events(order.id)] == ["start"]
    shop.photo(bay)
    bay.outcome(bay.confirm(order.job, "finish"))
    bay.leave()


def test_a_revoked_device_is_cut_off_in_time(
    stack: Stack, shop: Shop, tmp_path: Path
) -> None:
    device, folder = _enrol(stack, shop, tmp_path / "device")

    own = _root(folder)

    def admitted() -> bool:
        with _as_device(stack, folder) as client:
            return client.subscribe(f"{own}/outcomes") == "Granted QoS 1"

    assert wait_until(admitted, 20), "the broker does not learn of a new device"
    with _as_device(stack, folder) as client:
        assert client.subscribe(f"{own}/outcomes") == "Granted QoS 1"
        shop.manager.call("workshop.device", "action_revoke", [device])
        assert client.disconnected.wait(CUT_OFF_SECONDS)
    # Its certificate still opens a connection; nothing can be done with it.
    with _as_device(stack, folder) as client:
        for leaf in DOWNLINK:
            assert client.subscribe(f"{own}/{leaf}") == REFUSED, leaf
        for leaf in UPLINK:
            assert client.publish(f"{own}/{leaf}", b"{}") == REFUSED, leaf


def _enrol(stack: Stack, shop: Shop, folder: Path) -> tuple[int, Path]:
    """A device for the store's third bay, as the manager and the device do it."""
    name = f"dev-{time.time_ns():x}"
    csr = identity.keygen(folder, name).read_text()
    [bay] = shop.manager.call(
        "workshop.bay", "search", [("code", "=", "B3"), ("company_id", "=", shop.store)]
    )
    found: Any = shop.manager.call("workshop.bay", "request_device", [bay], csr)
    device = found[0] if isinstance(found, list) else int(found)
    values = shop.manager.call("workshop.device", "enrolment_values", [device])
    (folder / "device.json").write_text(json.dumps(values))
    (folder / "ca.crt").write_bytes(
        (stack.chain.paths.secrets / "broker" / "ca.crt").read_bytes()
    )

    def certificate() -> str:
        [row] = shop.manager.call("workshop.device", "read", [device], ["certificate"])
        return row["certificate"] or ""

    shop.wait_for("the certificate", certificate)
    (folder / "device.crt").write_text(certificate())
    return device, folder


def _certificate(
    folder: Path, ca: Path, name: str, begin: timedelta, end: timedelta
) -> None:
    """A device's certificate as the CA in ``ca`` would have signed it."""
    authority = x509.load_pem_x509_certificate((ca / "ca.crt").read_bytes())
    signer = load_pem_private_key((ca / "ca.key").read_bytes(), None)
    algorithm = None if isinstance(signer, Ed25519PrivateKey) else hashes.SHA256()
    key, now = Ed25519PrivateKey.generate(), datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begin)
        .not_valid_after(now + end)
        .sign(signer, algorithm)  # type: ignore[arg-type]
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "device.crt").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "device.key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )


def _comes_in(stack: Stack, folder: Path, name: str) -> bool:
    client = MqttClient(
        stack.chain.ports.mqtt, name, folder, "device.crt", "device.key"
    )
    try:
        return client.connect() == "Success"
    except (ssl.SSLError, OSError):
        return False
    # TLS 1.3: the broker's refusal may come only after the handshake.
    except Exception as error:  # noqa: BLE001
        return type(error).__name__ not in ("Empty", "ConnectionResetError")
    finally:
        client.close()


def test_wrong_and_expired_certificates_do_not_come_in(
    stack: Stack, tmp_path: Path, stolen: MqttClient
) -> None:
    """Each bears the name of a device that is admitted."""
    secrets = stack.chain.paths.secrets
    values = json.loads((stack.chain.paths.bay(2) / "device.json").read_text())
    name = values["device"]
    stolen.close()
    day = timedelta(days=1)
    trusted = (secrets / "broker" / "ca.crt").read_bytes()
    for case, ca, begin, end, expected in (
        ("genuine", secrets / "ca", -day, day, True),
        ("expired", secrets / "ca", -2 * day, -day, False),
        ("not yet", secrets / "ca", day, 2 * day, False),
        ("stranger", _stranger(tmp_path), -day, day, False),
    ):
        folder = tmp_path / case
        _certificate(folder, ca, name, begin, end)
        (folder / "ca.crt").write_bytes(trusted)
        assert _comes_in(stack, folder, name) is expected, case


def _stranger(folder: Path) -> Path:
    """A CA that calls itself like ours."""
    folder = folder / "stranger-ca"
    folder.mkdir()
    key, now = Ed25519PrivateKey.generate(), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Workbay CA")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, None)
    )
    (folder / "ca.crt").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "ca.key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return folder


def test_media_that_are_not_what_they_say_are_refused(stack: Stack, shop: Shop) -> None:
    who = identity.load(stack.chain.paths.bay(1))
    good = hashlib.sha256(PHOTO).hexdigest()
    ca = stack.chain.paths.secrets / "broker" / "ca.crt"

    def put(
        client: httpx.Client, path: str, sha256: str, body: bytes, kind: str
    ) -> int:
        at = round(time.time() * 1000)
        headers = sign_upload(who.key, who.device, sha256, at)
        return client.put(
            stack.chain.media_url + path,
            content=body,
            headers={**headers, "Content-Type": kind},
        ).status_code

    before = stack.query("SELECT count(*) FROM workshop_media")
    with httpx.Client(verify=str(ca), timeout=20) as client:
        jpeg = "image/jpeg"
        # Nobody's event names it, whatever it is.
        for kind in (jpeg, "text/html", "image/svg+xml", "application/octet-stream"):
            assert put(client, media_path(good), good, PHOTO, kind) == 404
        # Another path than was signed, and paths that lead elsewhere.
        other = "0" * 64
        assert put(client, media_path(other), good, PHOTO, jpeg) == 403
        for path in ("/media/../../etc/passwd", "/media/" + "g" * 64, "/media/"):
            assert put(client, path, good, PHOTO, jpeg) in (404, 405, 422)
    assert stack.query("SELECT count(*) FROM workshop_media") == before
