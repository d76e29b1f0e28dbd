"""The rights at a real broker, as a bay, a bridge and a rogue meet them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mqtt_bridge.enrolment.access import Device
from mqtt_bridge.enrolment.authority import Authority
from mqtt_bridge.testing.broker import ONE, TWO, Broker, Client, make_device, wait_for

SUCCESS = 0x00
GRANTED = 0x01
NOBODY_LISTENS = 0x10
NOT_AUTHORISED = 0x87

Connect = Callable[[str], Client]


def topic(device: Device, leaf: str) -> str:
    return f"workbay/v1/{device.partition}/{device.bay}/{leaf}"


def test_a_bay_and_a_bridge_reach_each_other(client: Connect) -> None:
    bay, bridge = client(ONE.device), client("bridge")
    for leaf in ("outcomes", "board", "commands"):
        assert bay.subscribe(topic(ONE, leaf)) == GRANTED
    for leaf in ("events", "state"):
        assert bridge.subscribe(f"workbay/v1/{ONE.partition}/+/{leaf}") == GRANTED
        assert bay.publish(topic(ONE, leaf), b"up") == SUCCESS
    for leaf in ("outcomes", "board", "commands"):
        assert bridge.publish(topic(ONE, leaf), b"down") == SUCCESS
    assert wait_for(lambda: len(bridge.heard) == 2 and len(bay.heard) == 3)


def test_nobody_listening_is_told(client: Connect) -> None:
    assert client(ONE.device).publish(topic(ONE, "events")) == NOBODY_LISTENS


@pytest.mark.parametrize(
    "name",
    [
        topic(TWO, "events"),
        topic(TWO, "state"),
        topic(ONE, "outcomes"),
        topic(ONE, "board"),
        topic(ONE, "commands"),
        f"workbay/v1/8/{ONE.bay}/events",
        "workbay/v1/bridge/bridge-main-01/selftest",
        "$CONTROL/dynamic-security/v1",
        "anything",
    ],
)
def test_a_bay_publishes_nothing_but_its_own(client: Connect, name: str) -> None:
    assert client(ONE.device).publish(name) == NOT_AUTHORISED


@pytest.mark.parametrize(
    "name",
    [
        "#",
        "workbay/v1/#",
        "workbay/v1/7/+/outcomes",
        f"workbay/v1/+/{ONE.bay}/outcomes",
        topic(ONE, "#"),
        topic(ONE, "+"),
        topic(ONE, "events"),
        topic(TWO, "outcomes"),
        topic(TWO, "board"),
        "$share/group/" + topic(ONE, "outcomes"),
        "$share/group/" + topic(TWO, "events"),
        "$SYS/#",
        "$CONTROL/dynamic-security/v1/response",
    ],
)
def test_a_bay_subscribes_to_nothing_but_its_own(client: Connect, name: str) -> None:
    assert client(ONE.device).subscribe(name) == NOT_AUTHORISED


def test_a_bay_hears_nothing_of_another(client: Connect) -> None:
    one, two, bridge = client(ONE.device), client(TWO.device), client("bridge")
    for device, bay in ((ONE, one), (TWO, two)):
        assert bay.subscribe(topic(device, "outcomes")) == GRANTED
    assert bridge.publish(topic(TWO, "outcomes"), b"two") == SUCCESS
    assert bridge.publish(topic(ONE, "outcomes"), b"one") == SUCCESS
    assert wait_for(lambda: one.heard)
    assert one.heard == [(topic(ONE, "outcomes"), b"one")]


@pytest.mark.parametrize(
    "name",
    [topic(ONE, "events"), topic(ONE, "state"), "$CONTROL/dynamic-security/v1"],
)
def test_a_bridge_cannot_speak_as_a_bay_or_grant_rights(
    client: Connect, name: str
) -> None:
    assert client("bridge").publish(name) == NOT_AUTHORISED


@pytest.mark.parametrize(
    "name", ["#", "workbay/v1/7/+/outcomes", "$CONTROL/dynamic-security/v1/response"]
)
def test_a_bridge_subscribes_to_uplinks_only(client: Connect, name: str) -> None:
    assert client("bridge").subscribe(name) == NOT_AUTHORISED


@pytest.mark.parametrize("name", [topic(ONE, "events"), topic(ONE, "outcomes")])
def test_enrolment_has_no_part_in_the_traffic(client: Connect, name: str) -> None:
    enrolment = client("enrolment")
    assert enrolment.publish(name) == NOT_AUTHORISED
    assert enrolment.subscribe(name) == NOT_AUTHORISED


def test_a_certified_stranger_may_nothing(client: Connect) -> None:
    stranger = client("dev-unknown-01")
    assert stranger.publish(topic(ONE, "events")) == NOT_AUTHORISED
    assert stranger.subscribe(topic(ONE, "outcomes")) == NOT_AUTHORISED


def test_a_certificate_of_another_ca_does_not_connect(
    broker: Broker, pki: Path, tmp_path: Path
) -> None:
    Authority.create(tmp_path / "ca")
    folder, _ = make_device(tmp_path, ONE.device)
    (folder / "ca.crt").write_bytes((pki / "ca/ca.crt").read_bytes())
    with pytest.raises(OSError):
        Client(folder, broker.port, patience=1)
