"""How Odoo's answers are told apart, and how long to wait after each."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from mqtt_bridge.odoo import (
    Backoff,
    BridgeOdoo,
    Client,
    OdooFaultError,
    OdooRefusedError,
    OdooUnavailableError,
)
from mqtt_bridge.testing.odoo import FakeOdoo, HttpError

ANYTHING: TypeAdapter[object] = TypeAdapter(object)


@pytest.fixture
def client(odoo: FakeOdoo, key_file: Path) -> Iterator[Client]:
    with Client(odoo.url, "workbay", key_file) as client:
        yield client


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, OdooRefusedError),
        (403, OdooRefusedError),
        (404, OdooRefusedError),
        (422, OdooRefusedError),
        (429, OdooUnavailableError),
        (500, OdooFaultError),
        (502, OdooUnavailableError),
        (503, OdooUnavailableError),
    ],
)
def test_a_status_says_what_to_do(
    odoo: FakeOdoo, client: Client, status: int, error: type[Exception]
) -> None:
    def fail() -> None:
        raise HttpError(status)

    odoo.on("device_list", fail)
    with pytest.raises(error) as caught:
        BridgeOdoo(client).device_list()
    assert type(caught.value) is error


def test_an_answer_of_another_form_is_a_fault(odoo: FakeOdoo, client: Client) -> None:
    odoo.on("device_list", lambda: [{"device": "X"}])
    with pytest.raises(OdooFaultError):
        BridgeOdoo(client).device_list()


def test_a_wrong_key_is_refused(odoo: FakeOdoo, tmp_path: Path) -> None:
    path = tmp_path / "other.key"
    path.write_text("another-key-than-odoos")
    with (
        Client(odoo.url, "workbay", path) as client,
        pytest.raises(OdooRefusedError, match="401"),
    ):
        BridgeOdoo(client).device_list()


def test_no_answer_in_time_is_unavailable(odoo: FakeOdoo, client: Client) -> None:
    let_go = threading.Event()
    odoo.on("slow", lambda: let_go.wait(5))
    with pytest.raises(OdooUnavailableError):
        client.call("workshop.device", "slow", ANYTHING, timeout=0.2)
    let_go.set()


def test_a_connection_that_odoo_closed_meanwhile_is_made_anew(
    odoo: FakeOdoo, client: Client
) -> None:
    bridge = BridgeOdoo(client)
    assert bridge.device_list() == ()
    odoo.stop()
    odoo.start()
    assert bridge.device_list() == ()


def test_pauses_grow_to_five_seconds_and_start_anew() -> None:
    backoff = Backoff()
    pauses = [backoff.failed(OdooUnavailableError()) for _ in range(8)]
    assert 0.16 <= pauses[0] <= 0.24
    assert all(4 <= pause <= 6 for pause in pauses[-2:])
    backoff.succeeded()
    assert backoff.failed(OdooUnavailableError()) < 0.25
