"""What a stolen certificate or key is good for: its own little, and nothing else."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge_agent import identity
from tests.e2e.conftest import Faults
from tests.support.mqtt import MqttClient
from tests.support.shop import Shop
from workbay_contract.answers import Outcome, Outcomes, sign_answer
from workbay_contract.batch import decode_batch
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


@pytest.fixture(scope="module")
def bridge_key(stack: Stack) -> Iterator[httpx.Client]:
    """Odoo's outer API with the bridge's key."""
    key = stack.chain.api_key("bridge").read_text().strip()
    with httpx.Client(
        base_url=stack.chain.odoo_internal_url,
        headers={"Authorization": f"bearer {key}"},
        timeout=30,
    ) as client:
        yield client


def test_the_bridges_key_does_what_the_bridge_does(bridge_key: httpx.Client) -> None:
    answer = bridge_key.post("/json/2/workshop.device/device_list", json={})
    assert answer.status_code == 200, answer.text
    assert len(answer.json()) >= 2


@pytest.mark.parametrize(
    "model",
    ["sale.order", "res.partner", "workshop.order", "workshop.event", "res.users"],
)
@pytest.mark.parametrize("method", ["search_read", "search_count", "fields_get"])
def test_the_bridges_key_reads_nothing_else(
    bridge_key: httpx.Client, model: str, method: str
) -> None:
    body = {} if method == "fields_get" else {"domain": []}
    answer = bridge_key.post(f"/json/2/{model}/{method}", json=body)
    assert answer.status_code == 403, answer.text
    assert "name" not in answer.json() or "AccessError" in answer.text


def test_the_bridges_key_is_no_log_in(stack: Stack, bridge_key: httpx.Client) -> None:
    """Nor do the pages and files of Odoo open to it."""
    key = stack.chain.api_key("bridge").read_text().strip()
    for path in ("/web/content/1", "/odoo"):
        answer = bridge_key.get(path)
        assert answer.status_code != 200 or "login" in answer.text, path
        assert key not in answer.text
