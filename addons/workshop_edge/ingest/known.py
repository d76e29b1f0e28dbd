"""What the database knows about the events of a call, read by sets."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg2.extras import execute_values

from workbay_contract.answers import Outcome

from .devices import Device
from .envelope import Envelope, Row


@dataclass(slots=True)
class Logged:
    """An event that has its final outcome."""

    seq: int
    raw_hash: str
    result: str
    effect: str
    code: str | None
    params: dict[str, Any]

    def outcome(self) -> Outcome:
        return Outcome.model_construct(
            seq=self.seq,
            result=self.result,
            effect=self.effect,
            code=self.code,
            params=self.params or {},
            duplicate=True,
        )


@dataclass(slots=True)
class Badge:
    user_id: int
    valid_from: datetime
    valid_to: datetime | None

    def holds_at(self, at: datetime) -> bool:
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


@dataclass(slots=True)
class Known:
    """By device id and more: what was read for a call.

    :ivar logged: by device and number, what the log has under it.
    :ivar uuids: by UUID, device, number and hash of the event that has it.
    :ivar badges: by hash of the token.
    :ivar staff: store and person, as far as he may work there.
    :ivar offsets: by device and boot.
    :ivar marks: by device and board version.
    """

    logged: dict[tuple[int, int], list[Logged]]
    uuids: dict[str, tuple[int | None, int | None, str]]
    badges: dict[str, Badge]
    staff: set[tuple[int, int]]
    offsets: dict[tuple[int, str], int]
    marks: dict[tuple[int, int], int]

    def same(self, device: Device, row: Row) -> Logged | None:
        """These very bytes, as the log has them."""
        logged = self.logged.get((device.id, row.seq), ())
        return next((each for each in logged if each.raw_hash == row.raw_hash), None)

    def is_anothers(self, device: Device, row: Row) -> bool:
        """Whether the log has other bytes under this number."""
        return (device.id, row.seq) in self.logged and not self.same(device, row)


def read_known(cr, envelopes: list[Envelope]) -> Known:
    pairs = [
        (envelope.device, row.event)
        for envelope in envelopes
        for row in envelope.rows
        if row.event
    ]
    nodes = [(device, event) for device, event in pairs if event.kind == "node"]
    badges = _read_badges(cr, {event.badge for _device, event in nodes})
    return Known(
        _read_logged(cr, envelopes),
        _read_uuids(cr, [str(event.uuid) for _device, event in pairs]),
        badges,
        _read_staff(cr, {badge.user_id for badge in badges.values()}),
        _read_offsets(
            cr, {(device.id, str(event.time.boot)) for device, event in pairs}
        ),
        _read_marks(cr, {(device.id, event.board) for device, event in nodes}),
    )


def _read_logged(cr, envelopes) -> dict[tuple[int, int], list[Logged]]:
    spans = [(each.device.id, each.batch.first, each.batch.last) for each in envelopes]
    if not spans:
        return {}
    rows = execute_values(
        cr._obj,
        """
        SELECT e.device_id, e.seq, e.raw_hash, e.result, e.effect, e.code, e.params
          FROM (VALUES %s) AS span (device_id, first, last)
          JOIN workshop_event e ON e.device_id = span.device_id
           AND e.seq BETWEEN span.first AND span.last
        """,
        spans,
        page_size=len(spans),
        fetch=True,
    )
    found: dict[tuple[int, int], list[Logged]] = {}
    for device_id, *row in rows:
        found.setdefault((device_id, row[0]), []).append(Logged(*row))
    return found


def _read_uuids(cr, uuids: list[str]) -> dict:
    if not uuids:
        return {}
    cr.execute(
        "SELECT uuid, device_id, seq, raw_hash FROM workshop_event"
        " WHERE uuid = ANY(%s)",
        [uuids],
    )
    return {row[0]: row[1:] for row in cr.fetchall()}


def _read_badges(cr, hashes: Iterable[str]) -> dict[str, Badge]:
    hashes = list(hashes)
    if not hashes:
        return {}
    cr.execute(
        """
        SELECT b.token_hash, b.user_id, b.valid_from, least(b.valid_to, b.revoked_at)
          FROM workshop_badge b
          JOIN res_users u ON u.id = b.user_id
         WHERE b.token_hash = ANY(%s) AND u.active
        """,
        [hashes],
    )
    return {row[0]: Badge(*row[1:]) for row in cr.fetchall()}


def _read_staff(cr, user_ids: Iterable[int]) -> set[tuple[int, int]]:
    user_ids = list(user_ids)
    if not user_ids:
        return set()
    cr.execute(
        "SELECT cid, user_id FROM res_company_users_rel WHERE user_id = ANY(%s)",
        [user_ids],
    )
    return set(cr.fetchall())


def _read_offsets(cr, boots) -> dict[tuple[int, str], int]:
    if not boots:
        return {}
    rows = execute_values(
        cr._obj,
        """
        SELECT b.device_id, b.boot, b.offset_ms
          FROM (VALUES %s) AS asked (device_id, boot)
          JOIN workshop_device_boot b
         USING (device_id, boot)
        """,
        sorted(boots),
        page_size=len(boots),
        fetch=True,
    )
    return {(device_id, boot): offset for device_id, boot, offset in rows}


def _read_marks(cr, boards) -> dict[tuple[int, int], int]:
    if not boards:
        return {}
    rows = execute_values(
        cr._obj,
        """
        SELECT m.device_id, m.version, m.event_mark
          FROM (VALUES %s) AS asked (device_id, version)
          JOIN workshop_board_mark m
         USING (device_id, version)
        """,
        sorted(boards),
        page_size=len(boards),
        fetch=True,
    )
    return {(device_id, version): mark for device_id, version, mark in rows}


def utc(at_ms: int) -> datetime:
    """An instant as the database has it."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).replace(tzinfo=None)
