"""Compares what people saw at the bays with what Odoo holds, event by event."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench import _world
from tests.faults.bays import Bay
from tests.faults.chain import FaultStack
from workbay_contract.media import NO_ROOM

CONFLICT = ("rejected", "conflict")
"""What Odoo answers to an event that it has under another number. Only a bay whose disk
lied sends one so (docs/contract.md): it waited on the restored disk, and Odoo had it.
It stands in the log, once; that its bay is told otherwise is what the lie costs.
"""


@dataclass(frozen=True)
class Logged:
    """An event in Odoo's log."""

    id: int
    uuid: str
    device: str
    seq: int
    result: str
    effect: str
    code: str | None
    kind: str
    raw: str


@dataclass(frozen=True)
class Findings:
    """Breaches as sentences, and what there was to compare."""

    breaches: list[str]
    outcomes: Counter[str]
    named: int
    """Events that a lying disk lost; a gap stands in the place of each."""


def read_log(stack: FaultStack) -> list[Logged]:
    rows = json.loads(
        stack.query(
            "SELECT coalesce(json_agg(json_build_array(e.id, coalesce(e.uuid, ''),"
            " d.name, e.seq, e.result, e.effect, e.code, e.kind, e.raw) ORDER BY e.id),"
            " '[]') FROM workshop_event e JOIN workshop_device d ON d.id = e.device_id"
        )
    )
    return [Logged(*row) for row in rows]


def audit(stack: FaultStack, bays: Sequence[Bay], orders: list[int]) -> Findings:
    """Call it when every bay has stopped and nothing is left to be drawn."""
    log = read_log(stack)
    by_device: dict[str, list[Logged]] = defaultdict(list)
    for event in log:
        by_device[event.device].append(event)
    breaches: list[str] = []
    outcomes: Counter[str] = Counter()
    named = 0
    for bay in bays:
        bay.story.follow()
        mine = by_device[bay.device]
        breaches += _order(bay, mine)
        lost = _events(bay, mine, breaches, outcomes)
        unnamed = [
            uuid for uuid in lost if not is_named(bay.story.confirmed, mine, uuid)
        ]
        named += len(lost) - len(unnamed)
        breaches += [f"{bay.name}: no gap names the loss of {uuid}" for uuid in unnamed]
        gaps = sum(e.kind == "gap" and e.code != "conflict" for e in mine)
        # One that waited for long goes into the next one's: fewer, but never none.
        if not bool(bay.lied) <= gaps <= len(bay.lied):
            breaches.append(
                f"{bay.name}: its disk lost rows {len(bay.lied)} times, and Odoo has"
                f" {gaps} gaps"
            )
    breaches += _doubled(log)
    breaches += missing_photos(stack, bays)
    breaches += _inside_odoo(stack, orders)
    return Findings(breaches, outcomes, named)


def _events(
    bay: Bay, mine: list[Logged], breaches: list[str], outcomes: Counter[str]
) -> list[str]:
    """:return: the confirmed events that only a lying disk had."""
    story, lost = bay.story, []
    by_uuid: dict[str, list[Logged]] = defaultdict(list)
    for event in mine:
        by_uuid[event.uuid].append(event)
    again = {
        json.loads(event.raw)["uuid"] for event in mine if event.code == "conflict"
    }
    breaches += [
        f"{bay.name}: {uuid} went out twice with other bytes"
        for uuid in sorted(again - bay.renumbered)
    ]
    for uuid, seq in story.confirmed.items():
        found = by_uuid.get(uuid, [])
        final = story.finals.get(uuid)
        lied = bay.may_have_lost(uuid)
        if len(found) > 1:
            breaches.append(f"{bay.name}: {uuid} is {len(found)} times in the log")
        if not found:
            if lied:
                lost.append(uuid)
                outcomes["lost by a lying disk"] += 1
            else:
                breaches.append(f"{bay.name}: {uuid} ({seq}) was confirmed and is lost")
            continue
        outcomes[_named(found[0])] += 1
        if final is None and not lied:
            breaches.append(f"{bay.name}: the outcome of {uuid} ({seq}) is not known")
        told = final in (None, (found[0].result, found[0].code))
        if not told and not (uuid in again & bay.renumbered and final == CONFLICT):
            breaches.append(
                f"{bay.name}: {uuid} ended as {final}, in Odoo as {found[0].result}"
                f" {found[0].code}"
            )
    for uuid, later in story.contradicted:
        if not (uuid in again & bay.renumbered and later == CONFLICT):
            breaches.append(
                f"{bay.name}: {uuid} had two outcomes, {story.finals[uuid]} and {later}"
            )
    return lost


def _named(event: Logged) -> str:
    if event.result == "accepted":
        return "held" if event.effect == "held" else "accepted"
    return f"rejected: {event.code}"


def _order(bay: Bay, mine: list[Logged]) -> list[str]:
    """The log has a bay's events in the order of its numbers, and so in people's."""
    breaches = []
    own = [event for event in mine if event.code != "conflict"]
    numbers = [event.seq for event in own]
    if numbers != sorted(set(numbers)):
        breaches.append(f"{bay.name}: its events are not in order in the log")
    place = {uuid: number for number, uuid in enumerate(bay.story.confirmed)}
    places = [place[event.uuid] for event in own if event.uuid in place]
    if places != sorted(places):
        breaches.append(f"{bay.name}: its events are not in the order of the taps")
    return breaches


def is_named(confirmed: dict[str, int], mine: list[Logged], uuid: str) -> bool:
    """Whether a gap stands where the event would: after all that was tapped before it
    and before all that was tapped after it, and says that from a number on, which is
    not above the event's, rows were lost.
    """
    place = {each: number for number, each in enumerate(confirmed)}
    own = [event for event in mine if event.code != "conflict"]
    before = [
        n for n, e in enumerate(own) if place.get(e.uuid, len(place)) < place[uuid]
    ]
    after = [n for n, e in enumerate(own) if place.get(e.uuid, -1) > place[uuid]]
    between = own[max(before, default=-1) + 1 : min(after, default=len(own))]
    return any(
        json.loads(event.raw)["lost_from"] <= confirmed[uuid]
        for event in between
        if event.kind == "gap"
    )


def _doubled(log: list[Logged]) -> list[str]:
    seen = Counter((e.device, e.seq) for e in log if e.code != "conflict")
    return [
        f"{device}: number {seq} is {count} times in the log"
        for (device, seq), count in seen.items()
        if count > 1
    ]


def missing_photos(stack: FaultStack, bays: Sequence[Bay]) -> list[str]:
    """Every photo of an accepted event came, but for what a lying disk lost, and what
    a bay had no room for, which Odoo then knows."""
    rows = stack.query(
        "SELECT m.sha256, d.name, m.reason FROM workshop_media m"
        " JOIN workshop_event_media_rel r ON r.media_id = m.id"
        " JOIN workshop_event e ON e.id = r.event_id"
        " JOIN workshop_device d ON d.id = e.device_id"
        " WHERE e.result = 'accepted' AND m.state <> 'verified'"
    )
    honest = {bay.device: bay for bay in bays if not bay.lied}
    missing = [line.split("|") for line in rows.splitlines()]
    return [
        f"{honest[device].name}: photo {sha256} did not come"
        for sha256, device, reason in missing
        if device in honest
        and (reason != NO_ROOM or sha256 not in honest[device].story.not_kept)
    ]


def _inside_odoo(stack: FaultStack, orders: list[int]) -> list[str]:
    target = stack.chain.paths.root / "breaches.json"
    _world.shell(
        stack,
        "_odoo_audit",
        "verify",
        {"target": str(target), "order_ids": orders},
        package="tests.faults",
    )
    breaches: list[str] = json.loads(target.read_text())
    return breaches
