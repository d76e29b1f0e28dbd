"""A picture's way through the bridge: signed, checked, kept for the next bay."""

import hashlib
import json
import ssl
from collections.abc import Callable, Iterator

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mqtt_bridge.bridge import Bridge
from mqtt_bridge.testing.broker import ONE, TWO
from mqtt_bridge.testing.odoo import FakeOdoo, now_ms
from workbay_contract import keys, media, pictures

DEVICE_KEY = Ed25519PrivateKey.generate()
PICTURE = b"\xff\xd8\xff" + bytes(range(256)) * 300
SHA = hashlib.sha256(PICTURE).hexdigest()


@pytest.fixture
def http(
    odoo: FakeOdoo,
    start_bridge: Callable[..., Bridge],
    environment: dict[str, str],
) -> Iterator[httpx.Client]:
    row = json.loads(ONE.model_dump_json())
    row["public_key"] = keys.public_hex(DEVICE_KEY)
    odoo.on("device_list", lambda: [row])
    odoo.pictures[SHA] = PICTURE
    start_bridge()
    trust = ssl.create_default_context(cafile=environment["BRIDGE_CA_FILE"])
    base = f"https://localhost:{environment['BRIDGE_HTTP_PORT']}"
    with httpx.Client(base_url=base, verify=trust, timeout=20) as client:
        yield client


def get(
    http: httpx.Client, sha: str = SHA, at: int | None = None, **said: str
) -> httpx.Response:
    at = now_ms() if at is None else at
    headers = pictures.sign_fetch(DEVICE_KEY, ONE.device, sha, at)
    headers |= {name.replace("_", "-"): text for name, text in said.items()}
    return http.get(pictures.path(sha), headers=headers)


def test_a_picture_comes_and_odoo_is_asked_once(
    http: httpx.Client, odoo: FakeOdoo
) -> None:
    for _ in range(2):
        answer = get(http)
        assert (answer.status_code, answer.content) == (200, PICTURE)
        assert answer.headers["content-type"] == pictures.TYPE
    assert len(odoo.made("picture")) == 1


def test_what_no_released_procedure_shows_is_not_there(http: httpx.Client) -> None:
    assert get(http, "0" * 64).status_code == 404


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_or_early_request_is_refused(http: httpx.Client, minutes: int) -> None:
    assert get(http, at=now_ms() + minutes * 60_000).status_code == 403


def test_a_forged_or_unsigned_request_reaches_no_odoo(
    http: httpx.Client, odoo: FakeOdoo
) -> None:
    other = pictures.sign_fetch(DEVICE_KEY, ONE.device, "0" * 64, now_ms())
    upload = media.sign_upload(DEVICE_KEY, ONE.device, SHA, now_ms(), "GET")
    for forged in (other, upload):
        signature = {media.HEADER_SIGNATURE: forged[media.HEADER_SIGNATURE]}
        assert get(http, **signature).status_code == 403
    assert get(http, **{media.HEADER_DEVICE: TWO.device}).status_code == 403
    assert http.get(pictures.path(SHA)).status_code == 401
    assert odoo.made("picture") == []


@pytest.mark.parametrize("wrong", [PICTURE[:-1], b"\xff\xd8\xff" * pictures.MAX_BYTES])
def test_other_bytes_and_too_many_are_not_passed_on(
    http: httpx.Client, odoo: FakeOdoo, wrong: bytes
) -> None:
    odoo.pictures[SHA] = wrong
    assert get(http).status_code == 503
    odoo.pictures[SHA] = PICTURE
    assert get(http).content == PICTURE


def test_what_is_too_large_is_refused_even_under_its_own_hash(
    http: httpx.Client, odoo: FakeOdoo
) -> None:
    large = b"\xff\xd8\xff" + bytes(pictures.MAX_BYTES)
    name = hashlib.sha256(large).hexdigest()
    odoo.pictures[name] = large
    assert get(http, name).status_code == 503


@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_trouble_in_odoo_is_for_later(
    http: httpx.Client, odoo: FakeOdoo, status: int
) -> None:
    odoo.picture_status = status
    answer = get(http)
    assert (answer.status_code, bool(answer.headers["retry-after"])) == (503, True)
    odoo.picture_status = 200
    assert get(http).status_code == 200


def test_odoo_that_is_away_is_for_later_and_what_is_kept_still_goes(
    http: httpx.Client, odoo: FakeOdoo
) -> None:
    odoo.stop()
    assert get(http).status_code == 503
    odoo.start()
    assert get(http).status_code == 200
    odoo.stop()
    assert get(http).status_code == 200
