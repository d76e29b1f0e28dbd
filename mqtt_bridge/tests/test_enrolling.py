"""``/enrol`` and ``/renew``: passed on to Odoo, bounded, and never in the log."""

import json
import logging
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mqtt_bridge.bridge import Bridge
from mqtt_bridge.enrolling import BURST, MAX_BODY_BYTES, Allowance
from mqtt_bridge.testing.broker import ONE, wait_for
from mqtt_bridge.testing.odoo import FakeOdoo, HttpError, now_ms
from workbay_contract import enrolment, keys, media

DEVICE_KEY = Ed25519PrivateKey.generate()
SECRET = "s" * 43
REQUEST = {"secret": SECRET, "csr": "a request"}


@pytest.fixture
def http(
    odoo: FakeOdoo, start_bridge: Callable[..., Bridge], environment: dict[str, str]
) -> Iterator[httpx.Client]:
    row = json.loads(ONE.model_dump_json())
    row["public_key"] = keys.public_hex(DEVICE_KEY)
    odoo.on("device_list", lambda: [row])
    odoo.on("enrol", lambda secret, csr: said("waiting"))
    odoo.on("renew", lambda device, csr, held: said("waiting"))
    start_bridge()
    trust = ssl.create_default_context(cafile=environment["BRIDGE_CA_FILE"])
    base = f"https://localhost:{environment['BRIDGE_HTTP_PORT']}"
    with httpx.Client(base_url=base, verify=trust, timeout=20) as client:
        assert wait_for(lambda: _listens(client))
        yield client


def _listens(client: httpx.Client) -> bool:
    try:
        return client.get("/health").status_code == 200
    except httpx.TransportError:
        return False


def said(status: str, code: str | None = None) -> dict[str, Any]:
    return {"status": status, "code": code, "server_time": now_ms()}


def renew(
    http: httpx.Client, device: str = ONE.device, **changes: Any
) -> httpx.Response:
    body = json.dumps({"csr": "a request", "held": "a" * 64}).encode()
    headers = enrolment.sign_renewal(
        changes.get("key", DEVICE_KEY), device, body, changes.get("at", now_ms())
    )
    return http.post("/renew", content=changes.get("body", body), headers=headers)


def test_anybody_gets_the_authority_whose_hash_is_on_the_code(
    http: httpx.Client, environment: dict[str, str]
) -> None:
    pem = Path(environment["BRIDGE_CA_FILE"]).read_bytes()
    answer = http.get("/enrol/ca.crt")
    assert enrolment.fingerprint(answer.content) == enrolment.fingerprint(pem)
    assert b"PRIVATE" not in answer.content


def test_odoo_decides_on_a_code(
    http: httpx.Client, odoo: FakeOdoo, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = http.post("/enrol", json=REQUEST)
        assert (answer.status_code, answer.json()["status"]) == (202, "waiting")
        odoo.on("enrol", lambda secret, csr: said("refused", "enrol_expired"))
        answer = http.post("/enrol", json=REQUEST)
    assert (answer.status_code, answer.json()["code"]) == (403, "enrol_expired")
    assert odoo.made("enrol") == [REQUEST, REQUEST]
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"{}",
        json.dumps({**REQUEST, "more": 1}).encode(),
        json.dumps({**REQUEST, "secret": "x"}).encode(),
        json.dumps({**REQUEST, "csr": "x" * 9000}).encode(),
        b"x" * (MAX_BODY_BYTES + 1),
    ],
)
def test_what_is_no_request_never_reaches_odoo(
    http: httpx.Client, odoo: FakeOdoo, body: bytes
) -> None:
    answer = http.post("/enrol", content=body)
    assert answer.status_code in (403, 413)
    assert answer.json()["code"] == "enrol_request"
    assert not odoo.made("enrol")


def test_who_tries_too_often_is_told_to_wait(
    http: httpx.Client, odoo: FakeOdoo
) -> None:
    odoo.on("enrol", lambda secret, csr: said("refused", "enrol_unknown"))
    codes = [http.post("/enrol", json=REQUEST).status_code for _ in range(2 * BURST)]
    assert set(codes) == {403, 429}
    assert len(odoo.made("enrol")) < 2 * BURST
    answer = http.post("/enrol", json=REQUEST)
    while answer.status_code != 429:
        answer = http.post("/enrol", json=REQUEST)
    assert answer.json()["code"] == "enrol_busy"
    assert answer.headers["Retry-After"] == "60"


def test_an_odoo_that_is_away_is_said_to_be(http: httpx.Client, odoo: FakeOdoo) -> None:
    def fail(secret: str, csr: str) -> None:
        raise HttpError(503)

    odoo.on("enrol", fail)
    answer = http.post("/enrol", json=REQUEST)
    assert (answer.status_code, answer.json()["code"]) == (503, "enrol_office")


def test_a_renewal_signed_by_the_device_goes_to_odoo(
    http: httpx.Client, odoo: FakeOdoo
) -> None:
    assert renew(http).status_code == 202
    assert odoo.made("renew") == [
        {"device": ONE.device, "csr": "a request", "held": "a" * 64}
    ]


def test_forged_old_and_unknown_renewals_do_not(
    http: httpx.Client, odoo: FakeOdoo
) -> None:
    late = now_ms() - enrolment.MAX_AGE_MS - 10_000
    other = json.dumps({"csr": "another", "held": "a" * 64}).encode()
    assert renew(http, key=Ed25519PrivateKey.generate()).json()["code"] == "seal"
    assert renew(http, at=late).json()["code"] == "seal"
    assert renew(http, body=other).json()["code"] == "seal"
    assert renew(http, device="dev-nobody-01").json()["code"] == "device"
    unsigned = http.post("/renew", json={"csr": "x", "held": "a" * 64})
    assert unsigned.json()["code"] == "enrol_request"
    assert unsigned.request.headers.get(media.HEADER_SIGNATURE) is None
    assert not odoo.made("renew")


def test_an_allowance_is_a_burst_and_comes_back_with_time() -> None:
    now = [0.0]
    allowance = Allowance(3, 1.0, clock=lambda: now[0])
    assert [allowance.take("a") for _ in range(4)] == [True, True, True, False]
    assert allowance.take("b"), "each address has its own"
    now[0] = 1.0
    assert [allowance.take("a") for _ in range(2)] == [True, False]
