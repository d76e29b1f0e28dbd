"""A photo's and a video's way through the bridge: signed, checked, resumed."""

import hashlib
import json
import os
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mqtt_bridge.bridge import Bridge
from mqtt_bridge.configuration import load
from mqtt_bridge.media_parts import FORGOTTEN_SECONDS, NoRoomError, Parts
from mqtt_bridge.settings import Settings
from mqtt_bridge.testing.broker import ONE, TWO, wait_for
from mqtt_bridge.testing.odoo import KEY, FakeOdoo, HttpError, now_ms
from workbay_contract import keys, media

DEVICE_KEY = Ed25519PrivateKey.generate()
PHOTO = b"\xff\xd8" + bytes(range(256)) * 1000
SHA = hashlib.sha256(PHOTO).hexdigest()


@pytest.fixture
def known(odoo: FakeOdoo) -> None:
    row = json.loads(ONE.model_dump_json())
    row["public_key"] = keys.public_hex(DEVICE_KEY)
    odoo.on("device_list", lambda: [row])
    odoo.wanted[SHA] = ("image/jpeg", len(PHOTO))


@pytest.fixture
def http(
    known: None, start_bridge: Callable[..., Bridge], environment: dict[str, str]
) -> Iterator[httpx.Client]:
    start_bridge()
    trust = ssl.create_default_context(cafile=environment["BRIDGE_CA_FILE"])
    base = f"https://localhost:{environment['BRIDGE_HTTP_PORT']}"
    with httpx.Client(base_url=base, verify=trust, timeout=20) as client:
        yield client


def signed(method: str, sha: str = SHA, at: int | None = None) -> dict[str, str]:
    at = now_ms() if at is None else at
    return media.sign_upload(DEVICE_KEY, ONE.device, sha, at, method)


def put(
    http: httpx.Client,
    body: bytes | Iterator[bytes] = PHOTO,
    sha: str = SHA,
    at: int | None = None,
    **headers: str,
) -> int:
    said = signed("PUT", sha, at) | {"Content-Type": "image/jpeg"}
    said |= {name.replace("_", "-"): text for name, text in headers.items()}
    return http.put(media.path(sha), content=body, headers=said).status_code


def offset(http: httpx.Client) -> int:
    answer = http.head(media.path(SHA), headers=signed("HEAD"))
    assert answer.status_code == 204
    assert answer.headers[media.LENGTH] == str(len(PHOTO))
    return int(answer.headers[media.OFFSET])


def broken_off(
    http: httpx.Client, environment: dict[str, str], first: int, stop: int
) -> None:
    """Send these bytes of a request that announces all the rest, and go away once
    they are on the bridge's disk."""
    part = Path(environment["BRIDGE_MEDIA_DIR"]) / f"{ONE.device}.{SHA}"

    def some() -> Iterator[bytes]:
        yield PHOTO[first:stop]
        assert wait_for(lambda: part.exists() and part.stat().st_size == stop, 5)
        raise ConnectionError

    span = media.Range(first, len(PHOTO), len(PHOTO))
    with pytest.raises(ConnectionError):
        put(http, some(), Content_Range=str(span))


def parts(environment: dict[str, str]) -> list[str]:
    folder = Path(environment["BRIDGE_MEDIA_DIR"])
    return sorted(path.name for path in folder.iterdir())


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
    assert parts(environment) == []


@pytest.mark.parametrize("status", [200, 404, 409, 413, 415, 422])
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


def test_bytes_of_another_hash_are_refused_and_forgotten(
    http: httpx.Client, odoo: FakeOdoo, environment: dict[str, str]
) -> None:
    assert put(http, body=PHOTO[:-1] + b"!") == 409
    assert odoo.media == {}
    assert parts(environment) == []
    assert put(http) == 201


def test_a_signature_for_another_photo_is_refused(
    http: httpx.Client, odoo: FakeOdoo
) -> None:
    other = signed("PUT", "0" * 64)
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


def test_another_type_than_the_event_names_is_refused(http: httpx.Client) -> None:
    assert put(http, Content_Type="text/html") == 415


def test_a_path_that_is_no_hash_is_refused(http: httpx.Client) -> None:
    assert put(http, sha="..%2f..%2fetc") in (404, 422)


def test_what_is_too_large_is_refused_before_it_is_taken(http: httpx.Client) -> None:
    assert put(http, PHOTO + b"x") == 413


def test_what_turns_out_too_large_is_refused(
    http: httpx.Client, odoo: FakeOdoo
) -> None:
    chunk = b"x" * 1024**2
    assert put(http, (chunk for _ in range(17))) == 413  # sent without a length
    assert odoo.media == {}


def test_a_signature_for_another_method_is_refused(http: httpx.Client) -> None:
    answer = http.head(media.path(SHA), headers=signed("PUT"))
    assert answer.status_code == 403


def test_what_no_event_names_is_refused_before_its_bytes_come(
    http: httpx.Client, odoo: FakeOdoo, environment: dict[str, str]
) -> None:
    del odoo.wanted[SHA]
    assert put(http) == 404
    assert http.head(media.path(SHA), headers=signed("HEAD")).status_code == 404
    assert parts(environment) == []
    odoo.wanted[SHA] = ("image/jpeg", len(PHOTO))
    assert put(http) == 201


def test_what_odoo_has_already_is_not_sent_again(
    http: httpx.Client, odoo: FakeOdoo
) -> None:
    assert put(http) == 201
    del odoo.headers[:]
    assert http.head(media.path(SHA), headers=signed("HEAD")).status_code == 200
    assert put(http) == 200
    assert odoo.headers == []


@pytest.mark.parametrize("cut", [1, 1000, 65536, 65537, len(PHOTO) - 1, len(PHOTO)])
def test_an_upload_that_broke_off_goes_on_where_it_was(
    http: httpx.Client, odoo: FakeOdoo, environment: dict[str, str], cut: int
) -> None:
    assert offset(http) == 0
    broken_off(http, environment, 0, cut)
    assert offset(http) == cut
    rest = str(media.Range(cut, len(PHOTO), len(PHOTO)))
    assert put(http, PHOTO[cut:], Content_Range=rest) == 201
    assert odoo.media == {SHA: PHOTO}


def test_pieces_come_one_after_the_other_and_no_other_way(
    http: httpx.Client, odoo: FakeOdoo
) -> None:
    size, half = len(PHOTO), len(PHOTO) // 2
    tail = str(media.Range(half, size, size))
    assert put(http, PHOTO[half:], Content_Range=tail) == 416
    assert put(http, PHOTO[:half], Content_Range=f"bytes 0-{half - 1}/{size}") == 204
    assert (
        put(
            http, PHOTO[half + 1 :], Content_Range=f"bytes {half + 1}-{size - 1}/{size}"
        )
        == 416
    )
    assert offset(http) == half
    assert put(http, PHOTO[half:], Content_Range=tail) == 201
    assert odoo.media == {SHA: PHOTO}


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("bytes 0-9/10", 413),
        ("bytes 9-0/256000", 400),
        ("bytes 0-256000/256000", 400),
        ("items 0-9/256000", 400),
        ("bytes 0-9/*", 400),
    ],
)
def test_a_range_that_is_none_is_refused(
    http: httpx.Client, text: str, status: int
) -> None:
    assert put(http, PHOTO[:10], Content_Range=text) == status


def test_an_upload_goes_on_after_the_bridge_was_started_anew(
    known: None,
    start_bridge: Callable[..., Bridge],
    environment: dict[str, str],
    odoo: FakeOdoo,
) -> None:
    trust = ssl.create_default_context(cafile=environment["BRIDGE_CA_FILE"])
    base = f"https://localhost:{environment['BRIDGE_HTTP_PORT']}"
    bridge = Bridge(load(Settings, environment))
    bridge.start()
    assert wait_for(lambda: bridge.health()[0])
    with httpx.Client(base_url=base, verify=trust, timeout=20) as http:
        broken_off(http, environment, 0, 100_000)
        assert offset(http) == 100_000
    bridge.stop()
    start_bridge()
    with httpx.Client(base_url=base, verify=trust, timeout=20) as http:
        assert offset(http) == 100_000
        rest = str(media.Range(100_000, len(PHOTO), len(PHOTO)))
        assert put(http, PHOTO[100_000:], Content_Range=rest) == 201
    assert odoo.media == {SHA: PHOTO}


def test_what_has_come_as_a_whole_need_not_come_again_when_odoo_was_away(
    http: httpx.Client, odoo: FakeOdoo
) -> None:
    odoo.media_status = [503, 201]
    assert put(http) == 503
    assert offset(http) == len(PHOTO)
    assert put(http, b"", Content_Range=f"bytes */{len(PHOTO)}") == 201
    assert odoo.media == {SHA: PHOTO}


def test_a_part_that_was_spoilt_on_the_disk_is_found_out(
    http: httpx.Client, odoo: FakeOdoo, environment: dict[str, str]
) -> None:
    broken_off(http, environment, 0, 100_000)
    assert offset(http) == 100_000
    [name] = parts(environment)
    path = Path(environment["BRIDGE_MEDIA_DIR"]) / name
    path.write_bytes(bytes(100_000))
    rest = str(media.Range(100_000, len(PHOTO), len(PHOTO)))
    assert put(http, PHOTO[100_000:], Content_Range=rest) == 409
    assert put(http) == 201


def test_who_comes_later_has_the_upload_and_the_one_before_writes_no_more(
    http: httpx.Client, environment: dict[str, str]
) -> None:
    go_on = Event()

    def slowly() -> Iterator[bytes]:
        yield PHOTO[:1000]
        assert go_on.wait(20)
        yield b"!" * (len(PHOTO) - 1000)

    with ThreadPoolExecutor() as beside:
        first = beside.submit(put, http, slowly())
        assert wait_for(lambda: offset(http) == 1000, 10)
        rest = str(media.Range(1000, len(PHOTO), len(PHOTO)))
        second = put(http, PHOTO[1000:], Content_Range=rest)
        go_on.set()
        assert (first.result(), second) == (423, 201)


def test_a_device_that_sends_too_much_has_to_wait(
    known: None,
    start_bridge: Callable[..., Bridge],
    environment: dict[str, str],
    odoo: FakeOdoo,
) -> None:
    start_bridge(media_device_kb="1024", media_burst_mb="1")
    trust = ssl.create_default_context(cafile=environment["BRIDGE_CA_FILE"])
    base = f"https://localhost:{environment['BRIDGE_HTTP_PORT']}"
    bodies = [PHOTO + bytes([number]) * 400_000 for number in range(4)]
    with httpx.Client(base_url=base, verify=trust, timeout=20) as http:
        for body in bodies:
            sha = hashlib.sha256(body).hexdigest()
            odoo.wanted[sha] = ("image/jpeg", len(body))
            status = put(http, body, sha)
            if status == 429:
                break
        assert status == 429
        answer = http.head(media.path(sha), headers=signed("HEAD", sha))
        assert 0 < int(answer.headers["Retry-After"]) < 5
        assert wait_for(lambda: put(http, body, sha) == 201, 5)


def test_all_uploads_together_keep_to_their_pace(
    known: None,
    start_bridge: Callable[..., Bridge],
    environment: dict[str, str],
    odoo: FakeOdoo,
) -> None:
    start_bridge(media_kb="1024")
    trust = ssl.create_default_context(cafile=environment["BRIDGE_CA_FILE"])
    base = f"https://localhost:{environment['BRIDGE_HTTP_PORT']}"
    body = PHOTO * 8  # 2 MB, of which a quarter of a megabyte is free
    sha = hashlib.sha256(body).hexdigest()
    odoo.wanted[sha] = ("image/jpeg", len(body))
    begun = time.monotonic()
    with httpx.Client(base_url=base, verify=trust, timeout=20) as http:
        assert put(http, body, sha) == 201
    assert 1.5 < time.monotonic() - begun < 6


def test_parts_have_their_share_of_the_disk_and_no_more(tmp_path: Path) -> None:
    parts = Parts(tmp_path, budget=1000)
    older, newer = parts.part(ONE.device, "a" * 64), parts.part(ONE.device, "b" * 64)
    for age, part in ((20, older), (10, newer)):
        with part.append(anew=True) as file:
            file.write(bytes(400))
        os.utime(part.path, (time.time() - age,) * 2)
    with pytest.raises(NoRoomError):
        parts.make_room(300)  # both are being written
    older.leave()
    newer.leave()
    parts.make_room(300)
    assert (older.size, newer.size) == (0, 400), "the oldest made room"
    os.utime(newer.path, (time.time() - FORGOTTEN_SECONDS - 1,) * 2)
    parts.make_room(1)
    assert newer.size == 0, "and what was forgotten goes anyway"


def test_without_room_an_upload_waits(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(parts: Parts, size: int) -> None:
        raise NoRoomError("full")

    with monkeypatch.context() as patch:
        patch.setattr(Parts, "make_room", full)
        assert put(http) == 507
    assert put(http) == 201


@pytest.mark.parametrize("why", ["media_lost", "media_no_room"])
def test_a_bay_that_will_not_bring_it_tells_odoo_why(
    http: httpx.Client, odoo: FakeOdoo, environment: dict[str, str], why: str
) -> None:
    broken_off(http, environment, 0, 1000)
    assert offset(http) == 1000

    def give_up(reason: str) -> int:
        return http.delete(
            media.path(SHA), params={"reason": reason}, headers=signed("DELETE")
        ).status_code

    assert give_up("because") == 422
    assert give_up(why) == 200
    assert odoo.given_up == [f"/workshop/media/{SHA}?reason={why}"]
    assert parts(environment) == []


def test_a_videos_bytes_are_refused_as_a_photos_and_taken_as_its_own(
    http: httpx.Client, odoo: FakeOdoo
) -> None:
    odoo.wanted[SHA] = ("video/mp4", len(PHOTO))
    assert put(http) == 415
    assert put(http, Content_Type="video/mp4") == 201


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
    part = Path(environment["BRIDGE_MEDIA_DIR"]) / f"{ONE.device}.{SHA}"
    go_on = Event()

    def slowly() -> Iterator[bytes]:
        yield PHOTO[:1000]
        assert go_on.wait(20)
        yield PHOTO[1000:]

    with (
        httpx.Client(base_url=base, verify=trust, timeout=20) as http,
        ThreadPoolExecutor() as beside,
    ):
        first = beside.submit(put, http, slowly())
        assert wait_for(lambda: part.exists() and part.stat().st_size == 1000, 10)
        second = put(http)
        go_on.set()
        assert (first.result(), second) == (201, 503)
