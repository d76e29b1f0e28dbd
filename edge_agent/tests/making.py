"""Events, boards and answers as a bay and Odoo make them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge_agent.identity import Identity
from workbay_contract import answers
from workbay_contract.answers import Outcome, Outcomes, Refused, Welcome
from workbay_contract.batch import GENESIS, Batch, decode_batch
from workbay_contract.board import (
    Board,
    BoardJob,
    BoardOrder,
    BoardPerson,
    BoardStep,
    sign_board,
)
from workbay_contract.codes import token_hash
from workbay_contract.events import EventTime, MediaRef, NodeEvent
from workbay_contract.process import JobState, Node, Process
from workbay_contract.state import Health, Hello

SERVER_MS = 1_777_622_400_000
TESS_TOKEN, TOM_TOKEN, SHEET_TOKEN = "t" * 24, "m" * 24, "s" * 24
TESS, TOM = 11, 12
ORDER, JOB = 31, 41
TIME = EventTime(
    wall=datetime(2026, 5, 1, 8, tzinfo=UTC), synced=True, boot=UUID(int=1), mono=5
)


def event(
    device: str, media: Sequence[MediaRef] = (), **values: Any
) -> Callable[[int], NodeEvent]:
    """What ``Outbox.record`` is given."""

    def make(seq: int) -> NodeEvent:
        return NodeEvent(
            **{
                "uuid": uuid4(),
                "device": device,
                "seq": seq,
                "time": TIME,
                "order": ORDER,
                "job": JOB,
                "node": "start",
                "sheet": token_hash(SHEET_TOKEN),
                "badge": token_hash(TESS_TOKEN),
                "board": 1,
                "media": tuple(media),
                **values,
            }
        )

    return make


def both(english: str, chinese: str) -> dict[str, str]:
    return {"en_US": english, "zh_CN": chinese}


PROCESS = Process(
    code="repair",
    nodes=(
        Node(
            code="start",
            name=both("Start", "开工"),
            initial=True,
            roles=("technician",),
            next=("pause", "finish"),
            clock="start",
            state="in_progress",
        ),
        Node(
            code="pause",
            name=both("Pause", "暂停"),
            roles=("technician",),
            next=("start",),
            gates=("own_job",),
            reasons=("parts", "customer"),
            clock="stop",
            state="paused",
        ),
        Node(
            code="finish",
            name=both("Finish", "完工"),
            roles=("technician",),
            next=("qc",),
            gates=("own_job",),
            photos=1,
            clock="stop",
            state="done",
        ),
        Node(
            code="qc",
            name=both("Pass QC", "质检通过"),
            roles=("qc",),
            gates=("other_person",),
            state="qc_passed",
        ),
    ),
)


def board(identity: Identity, version: int = 1, **values: Any) -> Board:
    job = BoardJob(
        id=JOB,
        name=both("Brake pads", "更换刹车片"),
        process=1,
        hours=1.5,
        procedure=1,
        state=values.pop("state", JobState()),
    )
    order = BoardOrder(
        id=ORDER,
        name="WO-0031",
        sheet=token_hash(SHEET_TOKEN),
        plate="沪A12345",
        vehicle="VW Lavida",
        jobs=(job,),
    )
    persons = (
        BoardPerson(
            id=TESS,
            badge=token_hash(TESS_TOKEN),
            name="Tess",
            lang="zh_CN",
            roles=("technician", "qc"),
        ),
        BoardPerson(
            id=TOM,
            badge=token_hash(TOM_TOKEN),
            name="Tom",
            lang="en_US",
            roles=("qc",),
            valid_to=SERVER_MS + 86_400_000,
        ),
    )
    return Board(
        **{
            "device": identity.device,
            "bay": identity.bay,
            "version": version,
            "made_at": SERVER_MS,
            "store": "Pudong",
            "bay_name": "Bay 1",
            "lang": "en_US",
            "processes": {1: PROCESS},
            "procedures": {
                1: (BoardStep(name=both("Lift the car", "举升车辆"), unit="N·m"),)
            },
            "persons": persons,
            "orders": (order,),
            **values,
        }
    )


def board_message(key: Ed25519PrivateKey, made: Board) -> bytes:
    return sign_board(key, made).encode()


def outcomes(
    batch: Batch | bytes,
    result: str = "accepted",
    effect: str = "applied",
    code: str | None = None,
    server_time: int = SERVER_MS + 1,
    only: Sequence[int] | None = None,
) -> Outcomes:
    """The same outcome for each event of a batch, or for ``only`` some."""
    batch = decode_batch(batch) if isinstance(batch, bytes) else batch
    rows = [
        {"seq": seq, "result": result, "effect": effect, "code": code}
        for seq in range(batch.first, batch.last + 1)
        if only is None or seq in only
    ]
    return Outcomes(
        device=batch.device,
        server_time=server_time,
        seal=batch.seal,
        outcomes=tuple(Outcome.model_validate(row) for row in rows),
    )


def welcome(
    hello: Hello, last_seq: int, last_seal: str, server_time: int = SERVER_MS
) -> Welcome:
    return Welcome(
        device=hello.device,
        server_time=server_time,
        nonce=hello.nonce,
        last_seq=last_seq,
        last_seal=last_seal,
        board=0,
    )


def signed(key: Ed25519PrivateKey, answer: Outcomes | Refused | Welcome) -> bytes:
    return answers.sign_answer(key, answer).encode()


def hello(device: str, nonce: str) -> Hello:
    """What a bay says that has nothing yet."""
    return Hello(
        device=device,
        nonce=nonce,
        board=0,
        last_seq=0,
        last_seal=GENESIS,
        boot=UUID(int=1),
        mono=1,
        health=Health(agent="test", waiting=0),
    )
