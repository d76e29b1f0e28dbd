"""Makes the golden messages anew: ``python tests/contract/golden/make.py``.

Only when the contract itself changes, with a new version number and a word in the
changelog: bays in the field send what stands in these files.
"""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from workbay_contract import (
    answers,
    batch,
    board,
    checks,
    events,
    keys,
    process,
    state,
    succession,
)

FOLDER = Path(__file__).parent
DEVICE_KEY = Ed25519PrivateKey.from_private_bytes(b"golden device key, 32 bytes long")
ODOO_KEY = Ed25519PrivateKey.from_private_bytes(b"golden server key, 32 bytes long")
NEXT_KEY = Ed25519PrivateKey.from_private_bytes(b"golden second key, 32 bytes long")
DEVICE = "dev-golden-01"
BAY = UUID("00000000-0000-4000-8000-00000000000b")
BOOT = UUID("00000000-0000-4000-8000-0000000000b0")
TIME = events.EventTime(
    wall=datetime(2026, 5, 1, 9, 30, tzinfo=UTC), synced=True, boot=BOOT, mono=123_456
)

EVENTS = (
    events.NodeEvent(
        uuid=UUID(int=1),
        device=DEVICE,
        seq=1,
        time=TIME,
        order=41,
        job=42,
        node="finish",
        sheet="5" * 64,
        badge="b" * 64,
        board=7,
        media=(events.MediaRef(sha256="f" * 64, size=123_456),),
    ),
    events.GapEvent(
        uuid=UUID(int=2), device=DEVICE, seq=2, time=TIME, lost_from=3, lost_to=9
    ),
)
CHECKED = events.NodeEvent(
    uuid=UUID(int=3),
    device=DEVICE,
    seq=3,
    time=TIME,
    order=41,
    job=42,
    node="finish",
    sheet="5" * 64,
    badge="b" * 64,
    board=7,
    media=(events.MediaRef(sha256="f" * 64, size=123_456),),
    checks=(checks.Check(step=11), checks.Check(step=12, value="27.5")),
)
HEALTH = state.Health(
    agent="19.0.0.1.0",
    waiting=2,
    disk_free_mb=900,
    wall=1_777_627_800_000,
    certificate_until=1_809_163_800_000,
)
NODE = process.Node(
    code="start",
    name={"en_US": "Start", "zh_CN": "开工"},
    initial=True,
    roles=("technician",),
    clock="start",
    state="in_progress",
)
BOARD = board.Board(
    device=DEVICE,
    bay=BAY,
    version=7,
    made_at=1_777_627_800_000,
    store="S001 浦东店",
    bay_name="1号工位",
    lang="zh_CN",
    processes={3: process.Process(code="standard", nodes=(NODE,))},
    procedures={
        6: (
            board.BoardStep(
                name={"en_US": "Tighten the drain plug", "zh_CN": "拧紧放油螺塞"},
                limit_min=25,
                limit_max=30,
                unit="N·m",
            ),
        )
    },
    persons=(
        board.BoardPerson(
            id=5, badge="b" * 64, name="王伟", lang="zh_CN", roles=("technician",)
        ),
    ),
    orders=(
        board.BoardOrder(
            id=41,
            name="S001/0001",
            sheet="5" * 64,
            plate="沪A12345",
            vehicle="Volkswagen Lavida",
            jobs=(
                board.BoardJob(
                    id=42,
                    name={"en_US": "Oil service", "zh_CN": "机油保养"},
                    process=3,
                    hours=0.8,
                    procedure=6,
                    state=process.JobState(),
                ),
            ),
        ),
    ),
)


def messages() -> dict[str, bytes]:
    """Each golden message by its file's name."""
    raw = [events.encode_event(event) for event in EVENTS]
    sealed = batch.seal_batch(DEVICE_KEY, DEVICE, 1, batch.GENESIS, raw, waiting=2)
    outcomes = answers.Outcomes(
        device=DEVICE,
        server_time=1_777_627_800_500,
        seal=sealed.seal,
        outcomes=(
            answers.Outcome(seq=1, result="accepted", effect="applied"),
            answers.Outcome(seq=2, result="accepted"),
        ),
    )
    hello = state.Hello(
        device=DEVICE,
        nonce="0" * 64,
        board=0,
        last_seq=2,
        last_seal=sealed.seal,
        boot=BOOT,
        mono=1,
        key=keys.public_hex(ODOO_KEY),
        health=HEALTH,
    )
    return {
        "event_node.json": raw[0],
        "event_gap.json": raw[1],
        "event_checks.json": events.encode_event(CHECKED),
        "batch.json": sealed.encode(),
        "hello.json": state.seal(DEVICE_KEY, hello),
        "answer.json": answers.sign_answer(ODOO_KEY, outcomes).encode(),
        "key_change.json": succession.announce(
            ODOO_KEY, NEXT_KEY.public_key(), 1_777_627_801_000
        ).encode(),
        "board.json": board.sign_board(ODOO_KEY, BOARD).encode(),
    }


if __name__ == "__main__":
    for name, message in messages().items():
        (FOLDER / name).write_bytes(message)
