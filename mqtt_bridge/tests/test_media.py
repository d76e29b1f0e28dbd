"""A photo's way through the bridge, signed, checked and never kept."""

import asyncio
import hashlib
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mqtt_bridge.bridge import Bridge
from mqtt_bridge.testing.broker import ONE, TWO, wait_for
from mqtt_bridge.testing.odoo import KEY, FakeOdoo, HttpError, now_ms
from workbay_contract import keys, media
from workbay_contract.events import MAX_PHOTO_BYTES

DEVICE_KEY = Ed25519PrivateKey.generate()
PHOTO = b"\xff\xd8" + bytes(range(256)) * 1000
SHA = hashlib.sha256(PHOTO).hexdigest()


@pytest.fixture
def known(odoo: FakeOdoo) -> None:
    row = json.loads(ONE.model_dump_json())
    row["public_key"] = keys.public_hex(DEVICE_KEY)
    odoo.on("device_list", lambda: [row])


@pytest.fixture
def http(
    known: None, start_bridge: Callable[..., Bridge], environment: dict[str, str]
) -> Iterator[httpx.Client]:
    start_bridge()
    trust = ssl.create_default_context(cafile=environment["BRIDGE_CA_FILE"])
    base = f"https://localhost:{environment['BRIDGE_HTTP_PORT']}"
    with httpx.Client(base_url=base, verify=trust, timeout=20) as client:
        yield client


def put(
    http: httpx.Client,
    body: bytes = PHOTO,
    sha: str = SHA,
    at: int | None = None,
    **headers: str,
) -> int:
    signed = media.sign_upload(
        DEVICE_KEY, ONE.device, sha, now_ms() if at is None else at
    )
    signed |= {"Content-Type": "image/jpeg"}
    signed |= {name.replace("_", "-"): text for name, text in headers.items()}
    return http.put(media.path(sha), content=body, headers=signed).status_code


def test_a_photo_reaches_odoo_byte_for_byte(
    http: httpx.Client, odoo: FakeOdoo, environment: dict[str, str]
) -> None:
    assert put(http) == 201
    assert odoo.media == {SHA: PHOTO}
    headers = {name.lower(): text for name, text in odoo.headers[-1].items()}
    assert headers["authorization"] == f"bearer {KEY}"
    assert headers["content-type"] == "image/jpeg"
    assert headers["content-length"] == str(len(PHOTO))
    assert headers[media.HEADER_DEVICE.lower()] == ONE.device
    assert list(Path(environment["BRIDGE_MEDIA_DIR"]).iterdir()) == []


@pytest.mark.parametrize("status", [200, 404, 409, 413, 415])
def test_odoos_answer_is_passed_on(
    http: httpx.Client, odoo: FakeOdoo, status: int
) -> None:
    odoo.media_status = [status]
    assert put(http) == status


@pytest.mark.parametrize("status", [401, 500, 503])
def test_trouble_in_odoo_is_for_later_and_a_later_try_succeeds(
    http: httpx.Client, odoo: FakeOdoo, status: int
) -> None:
    odoo.media_status = [status, 201]
    assert put(http) == 503
    assert put(http) == 201


def test_bytes_of_another_hash_are_refused(http: httpx.Client, odoo: FakeOdoo) -> None:
    assert put(http, body=PHOTO[:-1]) == 409
    assert odoo.media == {}


def test_a_signature_for_another_photo_is_refused(
    http: httpx.Client, odoo: FakeOdoo
) -> None:
    other = media.sign_upload(DEVICE_KEY, ONE.device, "0" * 64, now_ms())
    assert put(http, **{media.HEADER_SIGNATURE: other[media.HEADER_SIGNATURE]}) == 403
    assert odoo.media == {}


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_or_early_request_is_refused(http: httpx.Client, minutes: int) -> None:
    assert put(http, at=now_ms() + minutes * 60_000) == 403


def test_a_device_that_odoo_does_not_name_is_refused(http: httpx.Client) -> None:
    assert put(http, **{media.HEADER_DEVICE: TWO.device}) == 403


def test_a_revoked_device_is_refused_within_five_seconds(
    http: httpx.Client, odoo: FakeOdoo
) -> None:
    assert put(http) == 201
    odoo.on("device_list", lambda: [])
    revoked_at = time.monotonic()
    assert wait_for(lambda: put(http) == 403, 6)
    assert time.monotonic() - revoked_at < 5.5


def test_an_unsigned_request_is_refused(http: httpx.Client) -> None:
    answer = http.put(
        media.path(SHA), content=PHOTO, headers={"Content-Type": "image/jpeg"}
    )
    assert answer.status_code == 401


def test_only_photos_are_taken(http: httpx.Client) -> None:
    assert put(http, Content_Type="text/html") == 415


def test_a_path_that_is_no_hash_is_refused(http: httpx.Client) -> None:
    assert put(http, sha="..%2f..%2fetc") in (404, 422)


def test_what_is_too_large_is_refused_before_it_is_taken(http: httpx.Client) -> None:
    body = b"x" * (MAX_PHOTO_BYTES + 1)
    assert put(http, body, hashlib.sha256(body).hexdigest()) == 413


def test_what_turns_out_too_large_is_refused(
    http: httpx.Client, odoo: FakeOdoo
) -> None:
    chunk = b"x" * 1024**2
    signed = media.sign_upload(DEVICE_KEY, ONE.device, SHA, now_ms())
    answer = http.put(
        media.path(SHA),
        content=(chunk for _ in range(17)),  # sent without a length
        headers={**signed, "Content-Type": "image/jpeg"},
    )
    assert answer.status_code == 413
    assert odoo.media == {}


def test_no_device_list_means_later(http: httpx.Client, odoo: FakeOdoo) -> None:
    def down() -> None:
        raise HttpError(503)

    odoo.on("device_list", down)
    assert wait_for(lambda: put(http) == 503, 6)


def test_more_uploads_than_slots_have_to_wait(
    known: None,
    start_bridge: Callable[..., Bridge],
    environment: dict[str, str],
    odoo: FakeOdoo,
) -> None:
    start_bridge(media_slots="1")
    trust = ssl.create_default_context(cafile=environment["BRIDGE_CA_FILE"])
    base = f"https://localhost:{environment['BRIDGE_HTTP_PORT']}"
    headers = media.sign_upload(DEVICE_KEY, ONE.device, SHA, now_ms()) | {
        "Content-Type": "image/jpeg"
    }

    async def upload() -> tuple[int, int]:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def slowly() -> AsyncIterator[bytes]:
            yield PHOTO[:1000]
            begun.set()
            await go_on.wait()
            yield PHOTO[1000:]

        async with httpx.AsyncClient(base_url=base, verify=trust) as http:
            first = asyncio.create_task(
                http.put(media.path(SHA), content=slowly(), headers=headers)
            )
            await begun.wait()
            while True:
                second = await http.put(media.path(SHA), content=PHOTO, headers=headers)
                if second.status_code == 503:
                    break
            go_on.set()
            return (await first).status_code, second.status_code

    assert asyncio.run(upload()) == (201, 503)
