"""A unit from its box to its first board, and what becomes of it: on the real chain."""

import hashlib
import io
import ssl
import time
from collections.abc import Iterator

import httpx
import pytest

from edge_agent import identity
from tests.e2e.conftest import Faults
from tests.support.mqtt import MqttClient
from tests.support.shop import PHOTO, Shop
from tests.support.unit import BayUnit, bay_by_code, make_code
from workbay_contract import keys
from workbay_contract.media import path as media_path
from workbay_contract.media import sign_upload
from workbay_deploy import rotation, services
from workbay_deploy.odoo_side import SERVICES
from workbay_deploy.progress import Progress
from workbay_deploy.readiness import wait_until
from workbay_deploy.stack import Stack

CUT_OFF_SECONDS = 10.0


@pytest.fixture(scope="module")
def unit(stack: Stack) -> Iterator[BayUnit]:
    unit = BayUnit(stack)
    unit.start()
    yield unit
    stack.stop_service(unit.service.name)


@pytest.fixture(scope="module")
def enrolled(stack: Stack, shop: Shop, unit: BayUnit) -> BayUnit:
    """The unit at work in the store's third bay."""
    unit.wait("the first screen", unit.screen, lambda view: view["phase"] == "show")
    code = make_code(shop, bay_by_code(shop, "B3"))
    unit.hold_up(code)
    unit.wait_online()
    unit.bay.put_away()
    return unit


def test_a_unit_enrols_by_its_camera_and_goes_on_to_work(
    shop: Shop, enrolled: BayUnit
) -> None:
    view = enrolled.view()
    assert (view["connection"], view["store"]) == ("online", shop.store)
    [row] = shop.manager.call(
        "workshop.device",
        "search_read",
        [("name", "=", enrolled.device)],
        ["status", "bay_id", "certificate_until", "agent_version"],
    )
    assert row["status"] == "active"
    assert row["bay_id"][0] == bay_by_code(shop, "B3")
    assert row["certificate_until"]
    assert (enrolled.folder / "device.key").stat().st_mode & 0o777 == 0o600


def test_a_code_that_was_used_or_shown_to_a_bay_at_work_does_nothing(
    stack: Stack, shop: Shop, enrolled: BayUnit
) -> None:
    device = enrolled.device
    enrolled.hold_up(make_code(shop, bay_by_code(shop, "B3")))
    view = enrolled.wait(
        "the refusal", enrolled.view, lambda view: view["notice"] is not None
    )
    assert view["notice"]["code"] == "enrol_not_now"
    enrolled.bay.put_away()
    assert enrolled.device == device


def test_every_key_is_followed_by_another_without_a_gap(
    stack: Stack, shop: Shop, enrolled: BayUnit
) -> None:
    """Keys and certificates of the services, then Odoo's own, while a bay works."""
    env = services.base_env(stack.chain)
    progress = Progress()
    pids = {name: stack.pid(name) for name in ("bridge", "enrolment", "odoo")}
    before = keys.public_hex(identity.load(enrolled.folder).odoo)
    shown = _bridge_certificate(stack)
    rotation.rotate_services(stack.chain, env, progress, lambda: stack.pid("mosquitto"))
    shop.wait_for(
        "the bridge to show its new certificate",
        lambda: _bridge_certificate(stack) != shown,
    )
    _works(shop)
    # The former keys end for good: whoever still went by them would fall silent.
    stack.query(
        "DELETE FROM res_users_apikeys k USING res_users u WHERE u.id = k.user_id"
        " AND u.login IN ('workbay_bridge', 'workbay_enrolment')"
        " AND k.expiration_date < now() AT TIME ZONE 'UTC' + interval '2 hours'"
    )
    rotation.rotate_signing(stack.chain, env, progress)
    newest = stack.chain.signing_public_key.read_text().strip()
    assert newest != before
    _works(shop)
    for folder in (enrolled.folder, stack.chain.paths.bay(1)):
        shop.wait_for(
            f"{folder.name} to follow Odoo's key",
            lambda folder=folder: (
                keys.public_hex(identity.load(folder).odoo) == newest
            ),
        )
    assert pids == {name: stack.pid(name) for name in pids}, "nothing was restarted"


def test_a_bay_that_was_off_for_a_rotation_catches_up(
    stack: Stack, shop: Shop, enrolled: BayUnit, faults: Faults
) -> None:
    env = services.base_env(stack.chain)
    faults.stop("bay-2")
    for _ in range(2):
        rotation.rotate_signing(stack.chain, env, Progress())
    newest = stack.chain.signing_public_key.read_text().strip()
    faults.start("bay-2")
    shop.bay(2).wait(
        "that it is online", lambda view: view["connection"] == "online", 60
    )
    folder = stack.chain.paths.bay(2)
    assert keys.public_hex(identity.load(folder).odoo) == newest


class _Runner:
    """The stack as ``deploy/keys`` sees the supervisor."""

    def __init__(self, stack: Stack) -> None:
        self.pid = stack.pid
        self.stop = stack.stop_service
        self._stack = stack

    def start(self, service: services.Service, progress: Progress) -> None:
        self._stack.launch(service)


def test_the_command_does_all_of_it_at_once(
    stack: Stack, shop: Shop, enrolled: BayUnit
) -> None:
    """``deploy/keys --services --signing --rebuild-broker``, by what it is made of."""
    bridge, signing = _bridge_certificate(stack), stack.chain.signing_public_key
    former, broker = signing.read_text(), stack.pid("mosquitto")
    api_keys = [stack.chain.api_key(name).read_text() for name in SERVICES]
    flags = {"--services", "--signing", "--rebuild-broker"}
    assert flags == set(rotation.FLAGS)
    told = io.StringIO()
    env = services.base_env(stack.chain)
    rotation.change(stack.chain, env, flags, _Runner(stack), Progress(told))
    assert "bridge/client.crt" in told.getvalue()
    assert signing.read_text() != former
    assert stack.pid("mosquitto") != broker
    for name, before in zip(SERVICES, api_keys, strict=True):
        assert stack.chain.api_key(name).read_text() != before, name
    shop.wait_for(
        "the bridge to show its new certificate",
        lambda: _bridge_certificate(stack) != bridge,
    )
    for number in (1, 2):
        shop.bay(number).wait(
            "that it is online", lambda view: view["connection"] == "online", 60
        )
    enrolled.wait_online()
    _works(shop)


def test_a_broker_is_rebuilt_from_odoo_alone(
    stack: Stack, shop: Shop, enrolled: BayUnit, faults: Faults
) -> None:
    faults.kill("mosquitto")
    rotation.broker_file(stack.chain).unlink()
    rotation.rebuild_broker(stack.chain, services.base_env(stack.chain), Progress())
    faults.start("mosquitto")
    for number in (1, 2):
        shop.bay(number).wait(
            "that it is online", lambda view: view["connection"] == "online", 60
        )
    enrolled.wait_online()
    _works(shop)


def test_revoking_cuts_a_bay_off_everywhere_in_time_and_a_code_brings_it_back(
    stack: Stack, shop: Shop, enrolled: BayUnit
) -> None:
    who = identity.load(enrolled.folder)
    root = f"workbay/v1/{who.partition}/{who.bay}"
    [row] = shop.manager.call("workshop.device", "search", [("name", "=", who.device)])
    assert _upload(stack, who) == 404, "admitted, but no event names that photo"
    begun = time.monotonic()
    shop.manager.call("workshop.device", "action_revoke", [row])
    enrolled.wait(
        "the bay to be cut off",
        enrolled.view,
        lambda view: view["connection"] != "online",
        CUT_OFF_SECONDS,
    )
    at_broker = time.monotonic() - begun
    left = CUT_OFF_SECONDS - at_broker
    assert wait_until(lambda: _upload(stack, who) == 403, left)
    # Its certificate still opens a connection; nothing can be said or heard by it.
    # The bay's own agent asks once a minute, so this connection stands a while.
    with MqttClient(
        stack.chain.ports.mqtt, who.device, who.folder, "device.crt", "device.key"
    ) as client:
        assert client.subscribe(f"{root}/outcomes") == "Not authorized"
        assert client.publish(f"{root}/events", b"{}") == "Not authorized"
    enrolled.wait(
        "the bay to say so",
        enrolled.view,
        lambda view: view["connection"] == "not_authorized",
    )
    enrolled.hold_up(make_code(shop, bay_by_code(shop, "B3")))
    enrolled.wait_online(90)
    enrolled.bay.put_away()
    assert enrolled.device != who.device
    assert list((enrolled.folder / identity.FORMER).glob(f"{who.device}-*/device.key"))
    devices = shop.manager.call(
        "workshop.device",
        "search_read",
        [("name", "in", [who.device, enrolled.device])],
        ["name", "status", "bay_id"],
    )
    assert len({device["bay_id"][0] for device in devices}) == 1
    assert {device["name"]: device["status"] for device in devices} == {
        who.device: "revoked",
        enrolled.device: "active",
    }


def _works(shop: Shop) -> None:
    """A whole way from a tap to Odoo's answer, with a photo, at the first bay."""
    order, bay = shop.receive(), shop.bay(1)
    shop.present(bay, shop.login("technician"), order)
    assert bay.outcome(bay.confirm(order.job, "start"))["result"] == "accepted"
    sha256 = shop.photo(bay)
    assert bay.outcome(bay.confirm(order.job, "finish"))["result"] == "accepted"
    shop.wait_for(
        "the photo",
        lambda: shop.stack.query(
            f"SELECT 1 FROM workshop_media WHERE sha256 = '{sha256}'"
            " AND state = 'verified'"
        ),
    )
    bay.leave()


def _bridge_certificate(stack: Stack) -> str:
    return ssl.get_server_certificate(("localhost", stack.chain.ports.media))


def _upload(stack: Stack, who: identity.Identity) -> int:
    """How the bridge answers to a photo of this device."""
    sha256 = hashlib.sha256(PHOTO).hexdigest()
    headers = sign_upload(who.key, who.device, sha256, round(time.time() * 1000))
    ca = stack.chain.paths.secrets / "broker" / "ca.crt"
    with httpx.Client(verify=str(ca)) as client:
        return client.put(
            stack.chain.media_url + media_path(sha256),
            content=PHOTO,
            headers={**headers, "Content-Type": "image/jpeg"},
        ).status_code
