"""What the kiosk shows and is answered; every text is already in the right language."""

from typing import Any, Literal
from uuid import UUID

from workbay_contract.codes import Kind
from workbay_contract.events import MediaType
from workbay_contract.process import JobPhase, Signer
from workbay_contract.types import Message

ConnectionState = Literal[
    "offline",  # no broker can be reached
    "connecting",  # a broker is reached, Odoo has not answered yet
    "online",
    "version",  # Odoo speaks another version; asked again each minute
    "not_authorized",  # this bay unit is not admitted; asked again each minute
    "expired",  # this unit's certificate has ended: it has to be enrolled anew
    "alarm",  # Odoo refuses what the bay holds: the office has to look
]

ButtonName = Literal["start", "pause", "finish"]

EventResult = Literal["waiting", "accepted", "held", "rejected"]


class Refusal(Message):
    """Why not: a key of ``workbay_contract.wording.WORDING``, and it in words."""

    code: str
    params: dict[str, Any] = {}
    text: str


class Recorded(Message):
    """The event is committed to the bay's disk."""

    uuid: UUID
    seq: int


class ScanResult(Message):
    """What a decoded code did; exactly one of ``name`` and ``refusal`` is given."""

    kind: Kind | None = None
    name: str | None = None
    refusal: Refusal | None = None
    changed: bool = False


class ChoiceView(Message):
    """A reason to choose from."""

    code: str
    name: str


class DemandView(Message):
    """A line of a node's own checklist, or a value that it demands.

    :ivar measured: a value is entered; else it is ticked.
    :ivar outside: the value breaks its limits.
    """

    code: str
    name: str
    measured: bool = False
    unit: str | None = None
    limit_min: float | None = None
    limit_max: float | None = None
    done: bool = False
    value: str | None = None
    outside: bool = False


class NodeView(Message):
    """A node that may follow in the job's process.

    :ivar may: it may be confirmed as it stands.
    :ivar asks: it may be confirmed once evidence is there that the kiosk can take.
    :ivar signer: who has to sign.
    :ivar signed: SHA-256 of the signature's picture.
    :ivar button: the panel's button that means it.
    """

    code: str
    name: str
    may: bool
    asks: bool = False
    refusal: Refusal | None = None
    photos_needed: int
    demands: tuple[DemandView, ...] = ()
    signer: Signer = "none"
    signed: str | None = None
    reasons: tuple[ChoiceView, ...] = ()
    button: ButtonName | None = None


class StepView(Message):
    """A step of the job's procedure, to read and to check off.

    :ivar id: None where it cannot be checked off.
    :ivar value: what was measured; ``outside`` its limits or not.
    :ivar picture: SHA-256 of its picture, once that is here.
    """

    id: int | None = None
    done: bool = False
    value: str | None = None
    outside: bool = False
    name: str
    instruction: str = ""
    tool: str | None = None
    limit_min: float | None = None
    limit_max: float | None = None
    unit: str | None = None
    picture: str | None = None


class JobView(Message):
    """A job of the order that is up.

    :ivar node: name of the last node confirmed.
    :ivar running: name of the person whose clock runs on it.
    :ivar since: when that clock started, milliseconds since 1970.
    """

    id: int
    name: str
    hours: float
    off_standard: bool = False
    phase: JobPhase
    node: str | None = None
    running: str | None = None
    since: int | None = None
    worked_ms: int = 0
    nodes: tuple[NodeView, ...] = ()
    steps: tuple[StepView, ...] = ()


class OrderView(Message):
    """The order that is up at the bay."""

    id: int
    name: str
    plate: str
    vehicle: str
    complaint: str = ""
    jobs: tuple[JobView, ...] = ()


class PersonView(Message):
    """Who is at the bay."""

    id: int
    name: str
    lang: str
    roles: tuple[str, ...] = ()
    running_job: int | None = None


class PhotoView(Message):
    """A photo or video taken for the node that is confirmed next.

    :ivar kept: False: there was no room; it counts, and its bytes will not come.
    """

    sha256: str
    size: int
    type: MediaType = "image/jpeg"
    kept: bool = True


class WaitingView(Message):
    """What is at this bay only; ``media_stuck`` needs the office."""

    events: int
    media: int
    media_stuck: int = 0


class RecentView(Message):
    """One of the last events recorded at this bay, the newest first."""

    uuid: UUID
    seq: int
    at: int
    person: str
    order: str
    job: str
    node: str
    result: EventResult
    text: str = ""


class IssueView(Message):
    """An event of this person or order that somebody has still to deal with."""

    seq: int | None = None
    at: int
    order: str
    job: str
    node: str
    result: Literal["rejected", "held"]
    text: str


class View(Message):
    """Everything that the kiosk shows, in ``lang``.

    :ivar version: grows with every change; give it to ``Bay.wait_change``.
    :ivar board: version of the board that this stands on; 0 while there is none.
    :ivar now: the server's time as known here, milliseconds since 1970.
    :ivar job: the job that is looked at; None without an order.
    :ivar not_kept: photos and signatures not confirmed yet for which there was no room.
    :ivar stuck: why photos and videos cannot be sent, each reason once, in words.
    :ivar contradicted: number of the checkpoint by which Odoo contradicts this bay.
    """

    version: int
    lang: str
    store: str = ""
    bay: str = ""
    board: int = 0
    now: int
    connection: ConnectionState
    person: PersonView | None = None
    order: OrderView | None = None
    job: int | None = None
    photos: tuple[PhotoView, ...] = ()
    not_kept: int = 0
    waiting: WaitingView
    stuck: tuple[str, ...] = ()
    contradicted: int | None = None
    recent: tuple[RecentView, ...] = ()
    issues: tuple[IssueView, ...] = ()
