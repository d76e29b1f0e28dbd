"""A payload as received, up to the point where its seal is known to hold."""

import json
from dataclasses import dataclass, field

from workbay_contract.batch import Batch, decode_batch
from workbay_contract.errors import ContractError, VersionError
from workbay_contract.events import GapEvent, NodeEvent, decode_event
from workbay_contract.refusal import Refusal
from workbay_contract.types import sha256

from .devices import Device


@dataclass(slots=True)
class Row:
    """One event of a batch: decoded, or why it cannot be."""

    seq: int
    raw: str
    raw_hash: str
    event: NodeEvent | GapEvent | None
    refusal: Refusal | None = None


@dataclass(slots=True)
class Envelope:
    """One payload of a call.

    :ivar name: the device as the payload says, before anything is proved.
    :ivar code: why the batch as a whole is refused.
    :ivar is_known: the device's last batch over again, all of it answered before.
    """

    payload: str
    name: str | None = None
    batch: Batch | None = None
    device: Device | None = None
    code: str | None = None
    detail: str = ""
    is_known: bool = False
    rows: list[Row] = field(default_factory=list)

    @property
    def payload_hash(self) -> str:
        return sha256(self.payload.encode("utf-8", "surrogatepass"))

    @property
    def is_busy(self) -> bool:
        """Another call has this device at the moment."""
        return self.device is not None and not self.device.is_locked

    def refuse(self, code: str, detail: str = "") -> None:
        self.code, self.detail = code, detail

    def check(self, device: Device | None) -> None:
        """Whether the device sealed this batch, and it follows the one before."""
        if device is None or self.code:
            self.device = device
            return
        self.device, batch = device, self.batch
        if device.status != "active":
            self.refuse("device", device.status)
            return
        if self.is_busy:
            return
        try:
            batch.verify(device.key())
        except ContractError as error:
            self.refuse(error.code)
            return
        self.is_known = (batch.last, batch.seal) == (device.last_seq, device.last_seal)
        continues = (batch.first - 1, batch.prev) == (
            device.last_seq,
            device.last_seal,
        )
        if not self.is_known and not continues:
            self.refuse("gap", f"{batch.first} after {device.last_seq}")

    def decode(self) -> None:
        """Read the events; one that cannot be read is refused alone.

        An event of a version that is not spoken here is not: the bay keeps the whole
        batch until it is.
        """
        batch = self.batch
        for seq, raw, raw_hash in zip(
            range(batch.first, batch.last + 1),
            batch.events,
            batch.hashes,
            strict=True,
        ):
            row = Row(seq, raw, raw_hash, None)
            try:
                row.event = decode_event(raw)
            except VersionError as error:
                self.rows = []
                self.refuse("version", str(error))
                return
            except ContractError as error:
                row.refusal = Refusal(code=error.code)
            else:
                if (row.event.device, row.event.seq) != (batch.device, seq):
                    row.refusal = Refusal(code="foreign_device")
            self.rows.append(row)


def open_payload(payload: str) -> Envelope:
    """Read a payload's bounds and form; never raises."""
    envelope = Envelope(payload)
    try:
        envelope.batch = decode_batch(payload)
        envelope.name = envelope.batch.device
    except ContractError as error:
        envelope.refuse(error.code, str(error))
        envelope.name = _claimed(payload)
    except UnicodeEncodeError:  # a lone surrogate in the payload itself
        envelope.refuse("malformed", "not UTF-8")
    return envelope


def turns(envelopes: list[Envelope]) -> list[list[Envelope]]:
    """Batches of one device come in different turns, in the order received."""
    found: list[list[Envelope]] = []
    seen: dict[str | None, int] = {}
    for envelope in envelopes:
        turn = seen.get(envelope.name, 0) if envelope.name else 0
        if envelope.name:
            seen[envelope.name] = turn + 1
        if turn == len(found):
            found.append([])
        found[turn].append(envelope)
    return found


def _claimed(payload: str) -> str | None:
    """Whom a payload that is no batch says it is from, to be told so."""
    if len(payload) > 1_000_000:
        return None
    try:
        name = json.loads(payload)["device"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return name if isinstance(name, str) and len(name) <= 40 else None
