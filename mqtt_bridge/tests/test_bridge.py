"""The bridge between a real broker and an Odoo that does what the test wants."""

import json
import logging
import ssl
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mqtt_bridge.bridge import Bridge
from mqtt_bridge.configuration import load
from mqtt_bridge.enrolment.access import Device
from mqtt_bridge.settings import Settings
from mqtt_bridge.testing.broker import ONE, TWO, Broker, Client, wait_for
from mqtt_bridge.testing.odoo import FakeOdoo, Gate, HttpError, now_ms
from workbay_contract import answers, state
from workbay_contract.batch import GENESIS, MAX_BATCH_BYTES, decode_batch, seal_batch

KEY = Ed25519PrivateKey.generate()
BAYS = {ONE.device: ONE, TWO.device: TWO}
SUCCESS = 0x00
NOBODY_LISTENS = 0x10

Connect = Callable[[str], Client]
Start = Callable[..., Bridge]


def topic(device: Device, leaf: str) -> str:
    return f"workbay/v1/{device.partition}/{device.bay}/{leaf}"


def payload(device: Device, first: int = 1, events: int = 1) -> bytes:
    raw = [f'{{"seq":{first + index}}}'.encode() for index in range(events)]
    return seal_batch(KEY, device.device, first, GENESIS, raw).encode()


def answer(text: str) -> dict[str, Any]:
    """A signed answer that accepts everything."""
    batch = decode_batch(text)
    device = BAYS[batch.device]
    outcomes = tuple(
        answers.Outcome(seq=seq, result="accepted", effect="applied")
        for seq in range(batch.first, batch.last + 1)
    )
    body = answers.Outcomes(
        device=batch.device, server_time=now_ms(), seal=batch.seal, outcomes=outcomes
    )
    return {
        "device": device.device,
        "bay": str(device.bay),
        "partition": device.partition,
        "message": answers.sign_answer(KEY, body),
    }


def accept(batches: list[str]) -> dict[str, Any]:
    return {"answers": [answer(text) for text in batches], "boards": []}


def board(device: Device, version: int, message: str = "board") -> dict[str, Any]:
    return {
        "device": device.device,
        "bay": str(device.bay),
        "partition": device.partition,
        "version": version,
        "message": f"{message} {version}",
    }


def hello(device: Device) -> bytes:
    return state.encode(
        state.Hello(
            device=device.device,
            nonce="a" * 64,
            board=0,
            last_seq=0,
            last_seal=GENESIS,
            boot=UUID(int=5),
            mono=1,
            health=state.Health(agent="1", waiting=0),
        )
    )


@pytest.fixture
def bay(client: Connect) -> Callable[[Device], Client]:
    def connect(device: Device) -> Client:
        connected = client(device.device)
        for leaf in ("outcomes", "board", "commands"):
            connected.subscribe(topic(device, leaf))
        return connected

    return connect


Bay = Callable[[Device], Client]


def sent(client: Client, device: Device, data: bytes) -> bool:
    """Publish as an agent does: again until somebody listens."""
    name = topic(device, "events")
    return wait_for(lambda: client.publish(name, data) == SUCCESS)


def test_a_batch_goes_to_odoo_as_it_is_and_its_answer_comes_back(
    odoo: FakeOdoo, bay: Bay, start_bridge: Start
) -> None:
    odoo.on("ingest", accept)
    one = bay(ONE)
    start_bridge()
    data = payload(ONE, events=3)
    assert sent(one, ONE, data)
    assert wait_for(lambda: one.on(topic(ONE, "outcomes")))
    assert odoo.made("ingest") == [{"batches": [data.decode()]}]
    [message] = one.on(topic(ONE, "outcomes"))
    told = answers.read_answer(KEY.public_key(), message)
    assert isinstance(told, answers.Outcomes)
    assert told.seal == decode_batch(data).seal
    assert odoo.headers[-1]["X-Odoo-Database"] == "workbay"


def test_one_call_in_flight_per_bay_and_several_for_different_bays(
    odoo: FakeOdoo, bay: Bay, start_bridge: Start
) -> None:
    gate = Gate()

    def slow(batches: list[str]) -> dict[str, Any]:
        with gate:
            return accept(batches)

    odoo.on("ingest", slow)
    one, two = bay(ONE), bay(TWO)
    start_bridge()
    assert sent(one, ONE, payload(ONE))
    assert wait_for(lambda: gate.waiting == 1)
    assert sent(one, ONE, payload(ONE))  # the same once more
    assert sent(one, ONE, payload(ONE, first=2))
    assert sent(two, TWO, payload(TWO))
    assert wait_for(lambda: gate.waiting == 2)
    assert [len(call["batches"]) for call in odoo.made("ingest")] == [1, 1]
    first, second = (call["batches"][0] for call in odoo.made("ingest"))
    assert decode_batch(first).device == ONE.device
    assert decode_batch(second).device == TWO.device
    gate.let(2)
    assert wait_for(lambda: gate.waiting == 1)
    assert decode_batch(odoo.made("ingest")[2]["batches"][0]).first == 2
    gate.let()
    assert wait_for(lambda: len(one.on(topic(ONE, "outcomes"))) == 2)
    assert gate.most == 2


def test_what_comes_in_while_calls_are_out_goes_together(
    odoo: FakeOdoo, bay: Bay, start_bridge: Start
) -> None:
    gate = Gate()

    def slow(batches: list[str]) -> dict[str, Any]:
        with gate:
            return accept(batches)

    odoo.on("ingest", slow)
    one, two = bay(ONE), bay(TWO)
    start_bridge(calls="1")
    assert sent(one, ONE, payload(ONE))
    assert wait_for(lambda: gate.waiting == 1)
    assert sent(one, ONE, payload(ONE, first=2))
    assert sent(two, TWO, payload(TWO))
    gate.let(2)
    assert wait_for(lambda: len(odoo.made("ingest")) == 2)
    assert len(odoo.made("ingest")[1]["batches"]) == 2


@pytest.mark.parametrize("status", [500, 503])
def test_a_failing_odoo_is_asked_again_without_the_bays_help(
    status: int, odoo: FakeOdoo, bay: Bay, start_bridge: Start
) -> None:
    failures = iter((status, status))

    def flaky(batches: list[str]) -> dict[str, Any]:
        if len(batches) > 1 and (failed := next(failures, None)):
            raise HttpError(failed)
        return accept(batches)

    gate = Gate()

    def first(batches: list[str]) -> dict[str, Any]:
        with gate:
            odoo.on("ingest", flaky)
            return accept(batches)

    odoo.on("ingest", first)
    one, two = bay(ONE), bay(TWO)
    start_bridge(calls="1")
    assert sent(one, ONE, payload(ONE))
    assert wait_for(lambda: gate.waiting == 1)
    assert sent(one, ONE, payload(ONE, first=2))
    assert sent(two, TWO, payload(TWO))
    gate.let()
    assert wait_for(lambda: two.on(topic(TWO, "outcomes")))
    assert wait_for(lambda: len(one.on(topic(ONE, "outcomes"))) == 2)


def test_an_odoo_that_was_away_gets_what_still_waits(
    odoo: FakeOdoo, bay: Bay, start_bridge: Start
) -> None:
    odoo.on("ingest", accept)
    one = bay(ONE)
    start_bridge()
    odoo.stop()
    assert sent(one, ONE, payload(ONE))
    odoo.start()
    assert wait_for(lambda: one.on(topic(ONE, "outcomes")))


def test_a_partition_taken_over_makes_its_bays_send_again(
    odoo: FakeOdoo, bay: Bay, start_bridge: Start
) -> None:
    odoo.on("acquire", odoo.grant([ONE.partition]))
    odoo.on(
        "device_list",
        lambda: [
            {**json.loads(device.model_dump_json()), "public_key": "00" * 32}
            for device in (ONE, TWO)
        ],
    )
    one, two = bay(ONE), bay(TWO)
    start_bridge()
    commands = topic(ONE, "commands")
    assert wait_for(lambda: len(one.on(commands)) == 2)
    assert [state.read_command(text).command for text in one.on(commands)] == [
        "resend",
        "hello_please",
    ]
    assert two.heard == []


def test_a_lease_that_odoo_takes_away_ends_everything_for_it(
    odoo: FakeOdoo, bay: Bay, start_bridge: Start
) -> None:
    odoo.on("ingest", accept)
    one, two = bay(ONE), bay(TWO)
    start_bridge(lease_ttl_ms="600")
    assert sent(one, ONE, payload(ONE))
    odoo.on("acquire", odoo.grant([TWO.partition]))
    name = topic(ONE, "events")
    assert wait_for(lambda: one.publish(name, payload(ONE, 2)) == NOBODY_LISTENS)
    assert sent(two, TWO, payload(TWO))
    assert wait_for(lambda: two.on(topic(TWO, "outcomes")))
    odoo.on("poll", lambda partitions, published: [board(ONE, 9), board(TWO, 9)])
    assert wait_for(lambda: two.on(topic(TWO, "board")))
    assert one.on(topic(ONE, "board")) == []
    assert wait_for(lambda: odoo.made("poll")[-1]["partitions"] == [TWO.partition])


def test_an_odoo_that_does_not_renew_ends_everything(
    odoo: FakeOdoo, bay: Bay, start_bridge: Start
) -> None:
    def refuse(**arguments: Any) -> None:
        raise HttpError(503)

    one = bay(ONE)
    bridge = start_bridge(lease_ttl_ms="500")
    assert sent(one, ONE, payload(ONE))
    odoo.on("acquire", refuse)
    name = topic(ONE, "events")
    assert wait_for(lambda: one.publish(name, payload(ONE)) == NOBODY_LISTENS)
    assert not bridge.health()[0]
    odoo.on("acquire", odoo.grant(range(64)))
    assert sent(one, ONE, payload(ONE))


def test_an_orderly_stop_answers_what_is_out_and_gives_the_leases_back(
    odoo: FakeOdoo, bay: Bay, environment: dict[str, str]
) -> None:
    gate = Gate()

    def slow(batches: list[str]) -> dict[str, Any]:
        with gate:
            return accept(batches)

    odoo.on("ingest", slow)
    one = bay(ONE)
    bridge = Bridge(load(Settings, environment))
    bridge.start()
    assert sent(one, ONE, payload(ONE))
    assert wait_for(lambda: gate.waiting == 1)
    gate.let()
    bridge.stop()
    assert wait_for(lambda: one.on(topic(ONE, "outcomes")))
    assert odoo.made("release") == [{"bridge": "bridge-main-01"}]
    assert odoo.calls[-1][0] == "release"
    assert one.publish(topic(ONE, "events"), payload(ONE)) == NOBODY_LISTENS


def test_a_broker_that_comes_back_is_used_again(
    odoo: FakeOdoo, broker: Broker, bay: Bay, start_bridge: Start
) -> None:
    odoo.on("ingest", accept)
    bridge = start_bridge()
    broker.stop()
    assert wait_for(lambda: not bridge.health()[0])
    broker.start()
    assert wait_for(lambda: bridge.health()[0], 10)
    one = bay(ONE)
    assert sent(one, ONE, payload(ONE))
    assert wait_for(lambda: one.on(topic(ONE, "outcomes")))


def test_a_broker_that_grants_but_does_not_deliver_is_not_used(
    broker: Broker,
    environment: dict[str, str],
    caplog: pytest.LogCaptureFixture,
    bay: Bay,
) -> None:
    broker.stop()
    document = json.loads(broker.plugin.read_bytes())
    [role] = [each for each in document["roles"] if each["rolename"] == "bridge"]
    role["acls"] = [
        acl for acl in role["acls"] if acl["acltype"] != "publishClientReceive"
    ]
    broker.plugin.write_text(json.dumps(document))
    broker.start()
    bridge = Bridge(load(Settings, environment))
    with caplog.at_level(logging.ERROR):
        bridge.start()
        try:
            assert wait_for(lambda: "grants but does not deliver" in caplog.text)
            is_well, details = bridge.health()
        finally:
            bridge.stop()
    assert not is_well
    assert list(details["brokers"].values()) == [False]
    assert details["partitions"] == []  # another bridge may hear those bays


def test_hello_is_welcomed_and_brings_the_board(
    odoo: FakeOdoo, bay: Bay, start_bridge: Start
) -> None:
    welcome = {
        "device": ONE.device,
        "bay": str(ONE.bay),
        "partition": ONE.partition,
        "message": "welcome",
    }
    odoo.on("hello", lambda hellos: {"answers": [welcome], "boards": [board(ONE, 3)]})
    one = bay(ONE)
    start_bridge()
    name = topic(ONE, "state")
    assert wait_for(lambda: one.publish(name, hello(ONE)) == SUCCESS)
    assert wait_for(lambda: one.on(topic(ONE, "outcomes")) == [b"welcome"])
    assert wait_for(lambda: one.on(topic(ONE, "board")) == [b"board 3"])
    assert odoo.made("hello") == [{"hellos": [hello(ONE).decode()]}]
    assert wait_for(
        lambda: [[ONE.device, 3]] in [each["published"] for each in odoo.made("poll")]
    )


def test_a_last_will_reaches_odoo(
    odoo: FakeOdoo, bay: Bay, start_bridge: Start
) -> None:
    one = bay(ONE)
    start_bridge()
    gone = state.encode(state.Gone(device=ONE.device))
    name = topic(ONE, "state")
    assert wait_for(lambda: one.publish(name, gone) == SUCCESS)
    assert wait_for(lambda: odoo.made("state") == [{"states": [gone.decode()]}])


def test_boards_of_a_bay_come_at_most_once_a_second_and_the_newest_wins(
    odoo: FakeOdoo, bay: Bay, start_bridge: Start
) -> None:
    one = bay(ONE)
    odoo.on(
        "ingest",
        lambda batches: {
            "answers": [answer(text) for text in batches],
            "boards": [board(ONE, decode_batch(batches[0]).first)],
        },
    )
    start_bridge()
    for first in (1, 2, 3):
        assert sent(one, ONE, payload(ONE, first))
        assert wait_for(lambda n=first: len(one.on(topic(ONE, "outcomes"))) == n)
    assert wait_for(lambda: len(one.on(topic(ONE, "board"))) == 2)
    assert one.on(topic(ONE, "board")) == [b"board 1", b"board 3"]


def test_what_is_no_message_of_ours_never_reaches_odoo(
    odoo: FakeOdoo, bay: Bay, start_bridge: Start
) -> None:
    odoo.on("ingest", accept)
    one = bay(ONE)
    bridge = start_bridge()
    assert sent(one, ONE, b"x" * (MAX_BATCH_BYTES + 1))
    assert sent(one, ONE, b"\xff\xfe")
    one.publish(topic(ONE, "state"), b"nonsense")
    assert wait_for(
        lambda: all(
            bridge.metrics.value("dropped", reason=reason)
            for reason in ("oversize", "not_text", "state_malformed")
        )
    )
    assert sent(one, ONE, payload(ONE))
    assert wait_for(lambda: one.on(topic(ONE, "outcomes")))
    assert len(odoo.made("ingest")) == 1


def test_health_and_metrics_tell_what_happens(
    odoo: FakeOdoo, bay: Bay, start_bridge: Start, environment: dict[str, str]
) -> None:
    odoo.on("ingest", accept)
    one = bay(ONE)
    start_bridge()
    assert sent(one, ONE, payload(ONE, events=3))
    assert wait_for(lambda: one.on(topic(ONE, "outcomes")))
    trust = ssl.create_default_context(cafile=environment["BRIDGE_CA_FILE"])
    base = f"https://localhost:{environment['BRIDGE_HTTP_PORT']}"
    with httpx.Client(base_url=base, verify=trust) as http:
        health = http.get("/health")
        metrics = http.get("/metrics").text
    assert health.status_code == 200
    assert len(health.json()["partitions"]) == 64
    assert 'workbay_bridge_events_total{result="accepted"} 3' in metrics
    assert 'workbay_bridge_calls_total{method="ingest",result="ok"} 1' in metrics
    assert "workbay_bridge_lag_seconds_count 1" in metrics
    assert "workbay_bridge_brokers_ready 1" in metrics


def test_each_answer_leaves_one_line_with_its_seal_and_events(
    odoo: FakeOdoo, bay: Bay, start_bridge: Start, caplog: pytest.LogCaptureFixture
) -> None:
    odoo.on("ingest", accept)
    one = bay(ONE)
    start_bridge()
    uuids = [str(UUID(int=number)) for number in (1, 2)]
    raw = [f'{{"seq":1,"uuid":"{uuid}"}}'.encode() for uuid in uuids]
    data = seal_batch(KEY, ONE.device, 1, GENESIS, raw).encode()
    with caplog.at_level(logging.INFO, "mqtt_bridge.ingest"):
        assert sent(one, ONE, data)
        assert wait_for(lambda: "Batch answered" in caplog.text)
    [record] = [each for each in caplog.records if each.msg == "Batch answered"]
    fields = record.fields  # type: ignore[attr-defined]
    assert fields["seal"] == decode_batch(data).seal
    assert fields["events"] == uuids
    assert fields["accepted"] == 2
