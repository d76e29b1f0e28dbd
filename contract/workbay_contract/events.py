"""Events: what a bay records. One event is one JSON object of at most 16 KiB.

An event's exact bytes are its identity: they are written once at the bay, hashed,
sealed, kept by Odoo and never encoded again.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import (
    AwareDatetime,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from workbay_contract.checks import MAX_CHECKS, Check, Tick
from workbay_contract.errors import MalformedError, OversizeError, VersionError
from workbay_contract.types import (
    Code,
    DeviceId,
    Hash,
    Message,
    Milliseconds,
    RecordId,
    Sequence,
    canonical,
)

VERSION: Final = 1
MAX_EVENT_BYTES = 16 * 1024
MAX_PHOTO_BYTES = 16 * 1024 * 1024
MAX_VIDEO_BYTES = 64 * 1024 * 1024
MAX_VIDEO_SECONDS = 60

LATER = ("checks", "ticks", "signature")
"""What events of the first version did not have."""

MediaType = Literal["image/jpeg", "video/mp4"]
MOST_BYTES: Final[dict[str, int]] = {
    "image/jpeg": MAX_PHOTO_BYTES,
    "video/mp4": MAX_VIDEO_BYTES,
}


FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
"""What a wall clock of Linux can show, however wrong it is, lies between them."""


class EventTime(Message):
    """When, as the bay's own clocks saw it; Odoo alone computes the corrected time."""

    wall: Annotated[AwareDatetime, Field(ge=FIRST, lt=LAST)] = Field(
        description="the bay's wall clock, with its offset"
    )
    synced: bool = Field(
        description="whether the system said that clock was synchronised"
    )
    boot: UUID = Field(description="changes with each start of the bay's system")
    mono: Milliseconds = Field(description="monotonic milliseconds since that boot")


class MediaRef(Message):
    """A photo or video that belongs to the event; its bytes follow over HTTPS."""

    sha256: Hash = Field(description="of the final bytes")
    type: MediaType = "image/jpeg"
    size: Annotated[int, Field(ge=1, le=MAX_VIDEO_BYTES)] = Field(
        description=f"in bytes; of a photo {MAX_PHOTO_BYTES} at most"
    )

    @model_validator(mode="after")
    def _no_larger_than_its_type(self) -> Self:
        if self.size > MOST_BYTES[self.type]:
            raise ValueError(f"{self.type} of more than {MOST_BYTES[self.type]} bytes")
        return self


class _Recorded(Message):
    v: Literal[1] = VERSION
    uuid: UUID
    device: DeviceId
    seq: Sequence
    time: EventTime


class NodeEvent(_Recorded):
    """A person confirmed a node of a job's process."""

    kind: Literal["node"] = "node"
    order: RecordId
    job: RecordId
    node: Code
    sheet: Hash = Field(
        description="SHA-256 of the token scanned from the order's sheet"
    )
    badge: Hash = Field(description="SHA-256 of the token scanned from the badge")
    board: Annotated[int, Field(ge=0)] = Field(
        description="board version it was made under"
    )
    reason: Code | None = None
    media: Annotated[tuple[MediaRef, ...], Field(max_length=20)] = ()
    checks: Annotated[tuple[Check, ...], Field(max_length=MAX_CHECKS)] = Field(
        default=(), description="steps checked off since the job's last event here"
    )
    ticks: Annotated[tuple[Tick, ...], Field(max_length=MAX_CHECKS)] = Field(
        default=(), description="the node's own checklist and measurements"
    )
    signature: Hash | None = Field(
        default=None, description="SHA-256 of the signature's picture, one of the media"
    )


class GapEvent(_Recorded):
    """The bay's disk lost committed rows; this names what cannot come any more."""

    kind: Literal["gap"] = "gap"
    lost_from: Sequence
    lost_to: Sequence


Event = Annotated[NodeEvent | GapEvent, Field(discriminator="kind")]
_EVENT: TypeAdapter[NodeEvent | GapEvent] = TypeAdapter(Event)


def encode_event(event: NodeEvent | GapEvent) -> bytes:
    """The event's bytes, to be kept as they are from here on.

    :raises OversizeError: more than 16 KiB.
    """
    fields = event.model_dump(mode="json")
    for name in LATER:
        # Without these it has the bytes that it had before there were any.
        if not fields.get(name, True):
            del fields[name]
    data = canonical(fields)
    if len(data) > MAX_EVENT_BYTES:
        raise OversizeError(f"event of {len(data)} bytes")
    return data


def decode_event(data: bytes | str) -> NodeEvent | GapEvent:
    """Read an event from its exact bytes.

    :raises OversizeError: more than 16 KiB.
    :raises VersionError: a version that this side does not speak.
    :raises MalformedError: anything else that is not an event.
    """
    raw = data.encode() if isinstance(data, str) else data
    if len(raw) > MAX_EVENT_BYTES:
        raise OversizeError(f"event of {len(raw)} bytes")
    try:
        return _EVENT.validate_json(raw)
    except ValidationError as error:
        first: Any = error.errors(include_url=False)[0]
        if first["loc"][-1:] == ("v",):
            raise VersionError(str(first["input"])[:40]) from error
        where = ".".join(str(part) for part in first["loc"])
        raise MalformedError(f"{where}: {first['msg']}"[:200]) from error
