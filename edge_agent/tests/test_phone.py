"""A phone paired with the bay, and everybody who would like to be one."""

import zlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp
from fastapi.testclient import TestClient
from httpx import Response
from pydantic import ValidationError

from edge_agent.kiosk.pairing import Pairing, qr_rows
from edge_agent.kiosk.phone import build_phone_app
from edge_agent.phone import MOST_PHONES, MOST_TRIES, OFFER_SECONDS, Phones
from edge_agent.settings import Settings
from edge_agent.view import Refusal
from workbay_contract.types import sha256

from . import kiosk_bay as kb
from .kiosk_bay import KioskBay

URL = "http://192.168.7.20:8090"


class World:
    """A bay where somebody is at work, and a phone's way to it."""

    def __init__(self, folder: Path) -> None:
        self.kiosk = KioskBay.within(folder)
        self.kiosk.send_board()
        self.bay = self.kiosk.bay
        self.now = 1000.0
        self.phones = Phones(self.bay, clock=lambda: self.now)
        app = build_phone_app(self.bay, Pairing(self.phones, URL))
        self.client = TestClient(app, base_url=URL, headers={"Origin": URL})

    def come(self, person: int = kb.LI_WEI) -> None:
        self.kiosk.come(person)

    def code(self) -> str:
        code = self.phones.offer()
        assert isinstance(code, str), code
        return code

    def pair(self, code: str | None = None) -> str:
        answer = self.client.post("/api/phone/pair", json={"code": code or self.code()})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])

    def see(self, token: str) -> Response:
        return self.client.get("/api/phone/view", headers=bearer(token))

    def send(self, token: str, data: bytes | None = None, **headers: str) -> Response:
        return self.client.post(
            "/api/phone/photo",
            content=picture() if data is None else data,
            headers={"Content-Type": "image/jpeg", **bearer(token), **headers},
        )


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def picture(shade: int = 90) -> bytes:
    done, data = cv2.imencode(".jpg", np.full((60, 100, 3), shade, np.uint8))
    assert done
    return data.tobytes()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.kiosk.close()


@pytest.fixture
def token(world: World) -> str:
    world.come()
    return world.pair()


def test_a_phone_sees_the_order_at_hand_and_adds_to_its_evidence(
    world: World, token: str
) -> None:
    world.bay.confirm(kb.PADS, "start")
    seen = world.see(token).json()
    assert (seen["plate"], seen["job"]) == ("沪A·8K215", "更换前制动片")
    assert seen["photos"] == 0
    kept = world.send(token).json()
    assert world.see(token).json()["photos"] == 1
    assert [photo.sha256 for photo in world.bay.view().photos] == [kept["sha256"]]
    world.bay.confirm(kb.PADS, "finish")
    [event, _start] = world.kiosk.outbox.recent(5)
    assert kept["sha256"].encode() in event.data


def test_a_full_disk_takes_a_phones_photo_and_says_that_it_is_not_kept(
    world: World, token: str
) -> None:
    world.kiosk.media._budget = 0
    assert world.send(token).status_code == 200
    seen = world.see(token).json()
    assert (seen["photos"], seen["not_kept"]) == (1, 1)
    world.kiosk.media._budget = 2**28
    world.send(token, picture(200))
    seen = world.see(token).json()
    assert (seen["photos"], seen["not_kept"]) == (2, 1)


def test_a_phone_gets_the_pictures_of_the_job_at_hand_alone(
    world: World, token: str
) -> None:
    shown, other = picture(90), picture(200)
    for data in (shown, other):
        world.kiosk.pictures.keep(sha256(data), data, ())
    steps = (kb.steps()[0].model_copy(update={"picture": sha256(shown)}),)
    world.kiosk.send_board(2, procedures={kb.PADS: steps})

    def get(data: bytes, holder: str = token) -> Response:
        path = f"/api/phone/picture/{sha256(data)}"
        return world.client.get(path, headers=bearer(holder))

    assert world.see(token).json()["steps"][0]["picture"] == sha256(shown)
    assert (get(shown).status_code, get(shown).content) == (200, shown)
    assert get(other).status_code == 404
    assert get(shown, "x" * 43).status_code == 401
    world.bay.clear_session()
    assert get(shown).status_code == 401


def test_a_phone_sees_nothing_else_of_the_bay(world: World, token: str) -> None:
    world.kiosk.send_board(2, issues=(world.kiosk.issue(),))
    seen = world.see(token).json()
    assert set(seen) == {
        *("lang", "plate", "vehicle", "order", "job", "photos", "needed", "steps"),
        *("not_kept", "film"),
    }
    for path in ("/api/view", "/api/events", "/api/live.jpg", "/health", "/docs"):
        assert world.client.get(path, headers=bearer(token)).status_code == 404
    for path in ("/api/confirm", "/api/leave", "/api/scan", "/api/phone"):
        answer = world.client.post(path, json={}, headers=bearer(token))
        assert answer.status_code == 404


@pytest.mark.parametrize(
    "end",
    ["leaves", "another person", "another order", "job done", "expired", "replaced"],
)
def test_a_token_ends_with_the_job(world: World, token: str, end: str) -> None:
    bay = world.bay
    if end == "leaves":
        bay.clear_session()
    elif end == "another person":
        bay.scanned(kb.badge(kb.SMITH))
    elif end == "another order":
        other = kb.order().model_copy(
            update={"id": 72, "sheet": kb.token_hash(kb.OTHER_SHEET), "jobs": ()}
        )
        world.kiosk.send_board(2, orders=(kb.order(), other))
        bay.scanned(kb.sheet(kb.OTHER_SHEET))
    elif end == "job done":
        bay.confirm(kb.PADS, "start")
        assert world.see(token).status_code == 200
        world.send(token)
        bay.confirm(kb.PADS, "finish")
    elif end == "expired":
        bay._session.expires = 0
    else:
        for _phone in range(MOST_PHONES):
            world.pair()
    assert world.see(token).status_code == 401
    assert world.send(token).status_code == 401
    # Coming back does not bring it back.
    if end == "leaves":
        world.come()
        assert world.see(token).status_code == 401


def test_a_photo_of_the_order_before_is_not_taken(world: World, token: str) -> None:
    hand = world.phones.at_hand(token)
    world.bay.scanned(kb.badge(kb.SMITH))
    refused = world.bay.add_photo(picture(), hand)
    assert isinstance(refused, Refusal)
    assert world.bay.view().photos == ()


def test_a_code_is_good_once(world: World) -> None:
    world.come()
    code = world.code()
    world.pair(code)
    answer = world.client.post("/api/phone/pair", json={"code": code})
    assert answer.status_code == 401


def test_a_code_is_good_for_two_minutes(world: World) -> None:
    world.come()
    code = world.code()
    world.now += OFFER_SECONDS + 1
    answer = world.client.post("/api/phone/pair", json={"code": code})
    assert answer.status_code == 401


def test_a_code_is_for_the_order_it_was_shown_at(world: World) -> None:
    world.come()
    code = world.code()
    world.bay.scanned(kb.badge(kb.SMITH))
    answer = world.client.post("/api/phone/pair", json={"code": code})
    assert answer.status_code == 401


def test_codes_cannot_be_tried(world: World) -> None:
    world.come()
    code = world.code()
    for number in range(MOST_TRIES):
        body = {"code": f"guess-{number}"}
        assert world.client.post("/api/phone/pair", json=body).status_code == 401
    assert world.client.post("/api/phone/pair", json={"code": code}).status_code == 401


def test_without_person_and_order_there_is_no_code(world: World) -> None:
    refused = world.phones.offer()
    assert isinstance(refused, Refusal)
    assert refused.code == "scan_badge_first"


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "Bearer", "\x00"])
def test_nobody_is_let_in_without_a_token(world: World, token: str) -> None:
    world.come()
    world.pair()
    assert world.see(token).status_code == 401
    assert world.send(token).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1:8090"},
    ],
)
def test_other_origins_and_hosts_are_refused(
    world: World, token: str, headers: dict[str, str]
) -> None:
    assert world.send(token, **headers).status_code in (403, 421)
    pair = world.client.post(
        "/api/phone/pair", json={"code": world.code()}, headers=headers
    )
    assert pair.status_code in (403, 421)
    assert world.bay.view().photos == ()


@pytest.mark.parametrize(
    ("data", "media_type", "status"),
    [
        (b"", "image/jpeg", 422),
        (b"\xff\xd8\xff not a picture", "image/jpeg", 409),
        (zlib.compress(b"0" * 9999), "image/jpeg", 409),
        (picture(), "text/html", 415),
        (picture(), "multipart/form-data", 415),
        (b"0" * (16 * 1024 * 1024 + 1), "image/jpeg", 413),
    ],
)
def test_what_is_no_photo_is_refused(
    world: World, token: str, data: bytes, media_type: str, status: int
) -> None:
    answer = world.send(token, data, **{"Content-Type": media_type})
    assert answer.status_code == status
    assert world.bay.view().photos == ()


def test_only_the_phones_own_files_are_served(world: World) -> None:
    assert world.client.get("/").status_code == 200
    assert world.client.get("/static/phone.js").status_code == 200
    for name in ("kiosk.js", "index.html", "../app.py", "..%2f..%2fapp.py", "strings/"):
        assert world.client.get(f"/static/{name}").status_code == 404


def test_no_secret_stands_in_the_page_and_nothing_may_run_inline(
    world: World, token: str
) -> None:
    for path in ("/", "/static/phone.js"):
        answer = world.client.get(path)
        assert token not in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "set-cookie" not in answer.headers


def test_the_code_on_the_screen_can_be_scanned() -> None:
    rows = qr_rows(f"{URL}/#a-code-of-some-length")
    image = np.array([[0 if sign == "1" else 255 for sign in row] for row in rows])
    large = np.kron(image, np.ones((8, 8))).astype(np.uint8)
    [found] = zxingcpp.read_barcodes(large)
    assert found.text == f"{URL}/#a-code-of-some-length"


def test_phones_are_off_unless_switched_on(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path).phone_url is None
    for url in ("192.168.7.20:8090", "ftp://bay", "http://bay/path"):
        with pytest.raises(ValidationError):
            Settings(data_dir=tmp_path, phone_url=url)
