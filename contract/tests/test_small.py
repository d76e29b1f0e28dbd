"""Topics, codes, chain, clock and upload signatures."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from workbay_contract import chain, clock, codes, media, topics
from workbay_contract.errors import MalformedError, SealError
from workbay_contract.events import EventTime

BAY = UUID("7f7cf7c0-6c4b-4d08-9c40-000000000001")
TOKEN = "Zm9vYmFyYmF6cXV4Zm9vYg"


def test_a_topic_comes_back_as_it_was() -> None:
    topic = topics.Topic(partition=7, bay=BAY, leaf="events")
    assert str(topic) == f"workbay/v1/7/{BAY}/events"
    assert topics.Topic.parse(str(topic)) == topic


@pytest.mark.parametrize(
    "text",
    [
        "",
        "workbay/v1",
        f"workbay/v2/7/{BAY}/events",
        f"workbay/v1/64/{BAY}/events",
        f"workbay/v1/07/{BAY}/events",
        f"workbay/v1/7/{BAY.hex}/events",
        f"workbay/v1/7/{BAY}/party",
        "workbay/v1/+/#/events",
    ],
)
def test_a_foreign_topic_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        topics.Topic.parse(text)


@pytest.mark.parametrize("kind", ["order", "badge"])
def test_a_printed_code_is_read_back(kind: codes.Kind) -> None:
    url = codes.code_url("https://workbay.example/", kind, TOKEN)
    assert codes.read_code(url) == codes.Scan(kind=kind, hash=codes.token_hash(TOKEN))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://example.com",
        "https://example.com/o/short",
        f"https://example.com/x/{TOKEN}",
        f"javascript:https://example.com/o/{TOKEN}",
        f"https://example.com/o/{TOKEN}?x=1",
        f"https://a/b/c/o/{TOKEN}",
        "x" * 4000,
        f"https://example.com/o/{'x' * 65}",
    ],
)
def test_a_foreign_code_means_nothing(text: str) -> None:
    assert codes.read_code(text) is None


def test_each_link_binds_everything_before_and_in_it() -> None:
    values = {
        "prev": chain.GENESIS,
        "order": 1,
        "index": 1,
        "event": "e" * 64,
        "occurred_at": 5,
        "effect": "applied",
    }
    link = chain.link(**values)
    changes = {
        "prev": "1" * 64,
        "order": 2,
        "index": 2,
        "event": "f" * 64,
        "occurred_at": 6,
        "effect": "held",
    }
    others = {chain.link(**{**values, key: value}) for key, value in changes.items()}
    assert link not in others
    assert len(others) == len(changes)


WALL = datetime(2026, 5, 1, tzinfo=UTC)
WALL_MS = 1_777_593_600_000


def time(synced: bool) -> EventTime:
    return EventTime(wall=WALL, synced=synced, boot=BAY, mono=1_000)


def test_a_paired_boot_is_corrected_whatever_its_wall_clock_says() -> None:
    result = clock.corrected(time(synced=False), offset=500, received=9_999_999)
    assert result == clock.Corrected(at=1_500, doubtful=False)


def test_an_unpaired_boot_shows_its_wall_clock_and_its_doubt() -> None:
    late = WALL_MS + 1
    sure = clock.corrected(time(synced=True), None, late)
    assert sure == clock.Corrected(at=WALL_MS, doubtful=False)
    assert clock.corrected(time(synced=False), None, late).doubtful


def test_nothing_happens_after_it_was_received() -> None:
    assert clock.corrected(time(synced=True), None, 77).at == 77


def test_nothing_happens_before_there_were_clocks() -> None:
    """A hostile unit says what it likes of its boot: the result is still a time."""
    assert clock.corrected(time(synced=True), -(2**53), 77).at == 0


@pytest.mark.parametrize(
    "wall", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]
)
def test_a_time_at_the_ends_of_the_calendar_is_none(wall: str) -> None:
    values = {"wall": wall, "synced": True, "boot": str(BAY), "mono": 1}
    with pytest.raises(ValidationError):
        EventTime.model_validate_json(json.dumps(values))
    EventTime.model_validate_json(json.dumps({**values, "wall": "1970-01-01T00:00Z"}))


KEY = Ed25519PrivateKey.from_private_bytes(b"d" * 32)


def test_an_upload_is_signed_for_one_hash_one_device_and_a_short_time() -> None:
    headers = media.sign_upload(KEY, "dev-00000001", "a" * 64, 1_000_000)
    signature = headers[media.HEADER_SIGNATURE]
    good = {
        "device": "dev-00000001",
        "sha256": "a" * 64,
        "at": 1_000_000,
        "signature": signature,
        "now": 1_000_000 + media.MAX_AGE_MS,
    }
    media.check_upload(KEY.public_key(), **good)
    for change in (
        {"device": "dev-00000002"},
        {"sha256": "b" * 64},
        {"at": 1_000_001},
        {"now": good["now"] + 1},
        {"signature": "zz"},
    ):
        with pytest.raises(SealError):
            media.check_upload(KEY.public_key(), **{**good, **change})
