import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from workbay_contract import batch as batches
from workbay_contract.batch import GENESIS, decode_batch, seal_batch
from workbay_contract.errors import (
    MalformedError,
    OversizeError,
    SealError,
    VersionError,
)
from workbay_contract.events import (
    MAX_EVENT_BYTES,
    EventTime,
    NodeEvent,
    decode_event,
    encode_event,
)

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = KEY.public_key()
BOOT = UUID(int=7)


def event(seq: int, **values) -> bytes:
    return encode_event(
        NodeEvent(
            **{
                "uuid": uuid4(),
                "device": "dev-00000001",
                "seq": seq,
                "order": 1,
                "job": 2,
                "node": "start",
                "sheet": "a" * 64,
                "badge": "b" * 64,
                "board": 3,
                "time": EventTime(
                    wall=datetime(2026, 5, 1, tzinfo=UTC),
                    synced=True,
                    boot=BOOT,
                    mono=1,
                ),
                **values,
            }
        )
    )


def sealed(count: int = 3, **values):
    rows = [event(seq) for seq in range(1, count + 1)]
    return seal_batch(KEY, "dev-00000001", 1, GENESIS, rows, **values)


def altered(**values) -> str:
    return json.dumps({**json.loads(sealed().encode()), **values})


def test_a_batch_keeps_each_events_exact_bytes() -> None:
    rows = [event(1), event(2)]
    batch = seal_batch(KEY, "dev-00000001", 1, GENESIS, rows)
    read = decode_batch(batch.encode())
    read.verify(PUBLIC)
    assert list(read.raw_events) == rows
    assert read.seal == batch.seal
    assert read.last == 2


def test_the_same_events_give_the_same_bytes() -> None:
    rows = [event(1)]
    first = seal_batch(KEY, "dev-00000001", 1, GENESIS, rows)
    assert seal_batch(KEY, "dev-00000001", 1, GENESIS, rows).encode() == first.encode()


@pytest.mark.parametrize(
    "change",
    [
        {"device": "dev-00000002"},
        {"first": 2},
        {"prev": "1" * 64},
        {"sig": "0" * 128},
        {"events": json.loads(sealed().encode())["events"][:2]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_is_changed_breaks_the_seal(change: dict) -> None:
    with pytest.raises(SealError):
        decode_batch(altered(**change)).verify(PUBLIC)


def test_the_hint_of_what_waits_is_outside_the_seal() -> None:
    decode_batch(sealed(waiting=12).encode()).verify(PUBLIC)
    assert sealed(waiting=12).waiting == 12


def test_another_key_did_not_seal_it() -> None:
    with pytest.raises(SealError):
        sealed().verify(Ed25519PrivateKey.generate().public_key())


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b"{}",
        altered(events=[]),
        altered(events=[1]),
        altered(first=0),
        altered(first="1x"),
        altered(device="Dev 1"),
        altered(extra=1),
        altered(sig="zz"),
        altered(events=["\ud800"]),
    ],
)
def test_what_is_no_batch_is_malformed(payload) -> None:
    with pytest.raises(MalformedError):
        decode_batch(payload)


def test_another_version_is_told_apart_from_nonsense() -> None:
    with pytest.raises(VersionError):
        decode_batch(altered(v=2))


def test_a_batch_beyond_its_bounds_is_refused() -> None:
    with pytest.raises(OversizeError):
        decode_batch(b" " * (batches.MAX_BATCH_BYTES + 1))
    with pytest.raises(OversizeError):
        decode_batch(altered(events=["x" * (MAX_EVENT_BYTES + 1)]))
    with pytest.raises(MalformedError):
        decode_batch(altered(events=["x"] * (batches.MAX_EVENTS + 1)))


def test_sealing_takes_no_more_than_a_batch_may_hold() -> None:
    assert len(sealed(150).events) == batches.MAX_EVENTS
    large = [b'"\\' * 7_000] * 20  # each byte is escaped on the wire
    batch = seal_batch(KEY, "dev-00000001", 1, GENESIS, large)
    assert 1 <= len(batch.events) < 20
    assert len(batch.encode()) <= batches.MAX_BATCH_BYTES


def test_one_event_at_its_bound_always_fits() -> None:
    raw = (b'"\\' * MAX_EVENT_BYTES)[:MAX_EVENT_BYTES]
    batch = seal_batch(KEY, "dev-00000001", 1, GENESIS, [raw])
    assert decode_batch(batch.encode()).raw_events == (raw,)


def test_an_event_comes_back_as_it_was() -> None:
    read = decode_event(event(5, reason="parts"))
    assert read.seq == 5
    assert read.kind == "node"
    assert encode_event(read) == event(5, reason="parts", uuid=read.uuid)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"v": 2}, VersionError),
        ({"kind": "party"}, MalformedError),
        ({"order": 0}, MalformedError),
        ({"node": "DROP TABLE"}, MalformedError),
        ({"sheet": "A" * 64}, MalformedError),
        ({"unknown": 1}, MalformedError),
        ({"reason": "x" * MAX_EVENT_BYTES}, OversizeError),
        ({"media": [{"sha256": "a" * 64, "size": 0}]}, MalformedError),
    ],
    ids=str,
)
def test_a_wrong_event_says_what_is_wrong(change: dict, error: type) -> None:
    raw = json.dumps({**json.loads(event(1)), **change})
    with pytest.raises(error):
        decode_event(raw)


def test_an_event_without_its_offset_is_refused() -> None:
    values = json.loads(event(1))
    values["time"]["wall"] = "2026-05-01T08:00:00"
    with pytest.raises(MalformedError, match="wall"):
        decode_event(json.dumps(values))


def test_an_event_that_no_text_can_keep_is_no_event() -> None:
    """PostgreSQL keeps the exact bytes as text, and NUL is in no text of its."""
    sealed = seal_batch(KEY, "dev-00000001", 1, GENESIS, [b"\0"])
    with pytest.raises(MalformedError, match="NUL"):
        decode_batch(sealed.encode())
