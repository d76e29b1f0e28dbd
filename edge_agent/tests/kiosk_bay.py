"""A real bay in a folder, with a board that shows what a kiosk has to show."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge_agent.bay import Bay
from edge_agent.clock import SystemClock
from edge_agent.identity import Identity
from edge_agent.media import MediaStore
from edge_agent.outbox import Outbox
from edge_agent.picture_store import PictureStore
from edge_agent.server_time import ServerTime
from edge_agent.view import ConnectionState
from workbay_contract import answers
from workbay_contract.answers import Outcome, Outcomes
from workbay_contract.board import (
    Board,
    BoardJob,
    BoardOrder,
    BoardPerson,
    BoardStep,
    OpenIssue,
    read_board,
    sign_board,
)
from workbay_contract.clock import wall_ms
from workbay_contract.codes import code_url, token_hash
from workbay_contract.process import JobState, Node, Process

from .authority import Authority

BASE = "https://workbay.example.com"
LI_WEI, CHEN_JING, WANG_FANG, SMITH = 11, 12, 13, 14
SHEET, OTHER_SHEET = "s" * 22, "t" * 22
PADS, OIL, WASH = 101, 102, 103


def sheet(token: str = SHEET) -> str:
    """The text of an order's code."""
    return code_url(BASE, "order", token)


def badge(person: int = LI_WEI) -> str:
    """The text of a person's code."""
    return code_url(BASE, "badge", f"badge-of-person-{person:06d}")


def text(english: str, chinese: str) -> dict[str, str]:
    return {"en_US": english, "zh_CN": chinese}


def process() -> Process:
    worker = ("technician", "technician_lead")
    return Process(
        code="repair",
        nodes=(
            Node(
                code="start",
                name=text("Start", "开工"),
                initial=True,
                roles=worker,
                next=("pause", "finish"),
                clock="start",
                state="in_progress",
            ),
            Node(
                code="pause",
                name=text("Pause", "暂停"),
                roles=worker,
                next=("resume",),
                reasons=("parts", "approval", "bay", "technician", "customer", "other"),
                gates=("own_job",),
                clock="stop",
                state="paused",
            ),
            Node(
                code="resume",
                name=text("Resume", "继续"),
                roles=worker,
                next=("pause", "finish"),
                clock="start",
                state="in_progress",
            ),
            Node(
                code="finish",
                name=text("Finish", "完工"),
                roles=worker,
                next=("qc", "rework"),
                photos=1,
                gates=("own_job",),
                clock="stop",
                state="done",
            ),
            Node(
                code="qc",
                name=text("Pass quality check", "质检通过"),
                roles=("qc",),
                gates=("other_person",),
                state="qc_passed",
            ),
            Node(
                code="rework",
                name=text("Send back", "返工"),
                roles=("qc",),
                next=("start",),
                gates=("other_person",),
                state="waiting",
            ),
        ),
    )


def steps() -> tuple[BoardStep, ...]:
    return (
        BoardStep(
            name=text("Lift the car and take the wheels off", "举升车辆，拆下车轮"),
            instruction=text(
                "Check the lift's locks. Mark each wheel's position.",
                "检查举升机锁止，标记车轮位置。",
            ),
            tool=text("19 mm socket", "19 mm 套筒"),
        ),
        BoardStep(
            name=text("Measure the disc", "测量制动盘厚度"),
            instruction=text("At three places, note the least.", "测三处，记最小值。"),
            tool=text("Caliper", "游标卡尺"),
            limit_min=22.0,
            limit_max=25.0,
            unit="mm",
        ),
        BoardStep(
            name=text("Tighten the caliper's bolts", "紧固制动钳螺栓"),
            limit_min=105,
            limit_max=115,
            unit="N·m",
        ),
    )


def order() -> BoardOrder:
    names = {
        PADS: text("Replace front brake pads", "更换前制动片"),
        OIL: text("Engine oil and filter", "更换机油机滤"),
        WASH: text("Cabin air filter", "更换空调滤芯"),
    }
    return BoardOrder(
        id=71,
        name="S01/WO/00042",
        sheet=token_hash(SHEET),
        plate="沪A·8K215",
        vehicle="Volkswagen Passat 2021",
        complaint="Squeals when braking at low speed, worse in the morning.",
        jobs=tuple(
            BoardJob(
                id=job,
                name=names[job],
                process=1,
                hours=hours,
                procedure=PADS if job == PADS else None,
                state=JobState(),
            )
            for job, hours in ((PADS, 1.2), (OIL, 0.5), (WASH, 0.3))
        ),
    )


def person(
    number: int, name: str, *roles: str, lang: str = "zh_CN", **further: Any
) -> BoardPerson:
    token = badge(number).rpartition("/")[2]
    return BoardPerson(
        id=number, badge=token_hash(token), name=name, lang=lang, roles=roles, **further
    )


@dataclass
class KioskBay:
    """The bay's parts, and Odoo's side of them.

    :ivar connection: what the publisher would say.
    """

    folder: Path
    authority: Authority
    connection: ConnectionState = "online"
    identity: Identity = field(init=False)
    outbox: Outbox = field(init=False)
    media: MediaStore = field(init=False)
    pictures: PictureStore = field(init=False)
    bay: Bay = field(init=False)

    def __post_init__(self) -> None:
        self.identity = self.authority.enrol(self.folder, "dev-kiosk-0001", [1])
        self.clock = SystemClock()
        self.outbox = Outbox(self.folder / "outbox.sqlite", self.identity)
        self.media = self.store()
        self.pictures = PictureStore(self.folder / "pictures")
        self.bay = Bay(
            self.identity,
            self.outbox,
            self.media,
            self.clock,
            ServerTime(self.clock),
            lambda: self.connection,
            pictures=self.pictures,
        )

    @classmethod
    def within(cls, folder: Path) -> "KioskBay":
        """A bay and its authority, each in a folder of its own."""
        authority, bay = folder / "authority", folder / "bay"
        authority.mkdir()
        bay.mkdir()
        return cls(bay, Authority(authority))

    def come(self, person: int = LI_WEI, token: str = SHEET) -> None:
        """Somebody shows his badge, and an order's sheet."""
        self.bay.scanned(badge(person))
        self.bay.scanned(sheet(token))

    def store(self) -> MediaStore:
        """As the agent opens it at its start."""
        return MediaStore(self.folder / "media", self.outbox, 2**28, 0)

    def close(self) -> None:
        self.bay.close()
        self.outbox.close()

    def send_board(self, version: int = 1, **further: Any) -> None:
        """Odoo publishes a board."""
        board = Board(
            device=self.identity.device,
            bay=self.identity.bay,
            version=version,
            made_at=wall_ms(self.clock.wall()),
            **{
                "store": "S01 Shanghai Hongqiao",
                "bay_name": "Bay 1",
                "lang": "en_US",
                "processes": {1: process()},
                "procedures": {PADS: steps()},
                "persons": (
                    person(LI_WEI, "李伟", "technician"),
                    person(CHEN_JING, "陈静", "qc"),
                    person(WANG_FANG, "王芳", "advisor"),
                    person(SMITH, "John Smith", "technician", lang="en_US"),
                ),
                "orders": (order(),),
                **further,
            },
        )
        message = sign_board(self.authority.odoo, board).encode()
        assert self.outbox.store_board(
            message, read_board(self.authority.odoo.public_key(), message)
        )

    def answer(self, **outcome: Any) -> None:
        """Odoo answers every event that waits, all alike."""
        batch = self.outbox.open_batch()
        assert batch
        message = answers.sign_answer(
            self.authority.odoo,
            Outcomes(
                device=self.identity.device,
                server_time=wall_ms(self.clock.wall()),
                seal=batch.seal,
                outcomes=tuple(
                    Outcome(seq=seq, **outcome)
                    for seq in range(batch.first, batch.last + 1)
                ),
            ),
        )
        read = answers.read_answer(self.authority.odoo.public_key(), message)
        assert isinstance(read, Outcomes)
        self.outbox.settle(read)

    def issue(self, **values: Any) -> OpenIssue:
        return OpenIssue(
            **{
                "order": 71,
                "job": PADS,
                "person": LI_WEI,
                "node": "finish",
                "result": "held",
                "code": "overtaken",
                "at": wall_ms(self.clock.wall()),
                **values,
            }
        )
