"""Sealed batches in, signed answers out."""

import logging
import time
from functools import partial

from psycopg2 import OperationalError
from psycopg2.extras import Json, execute_values

from odoo.tools import format_datetime

from odoo.addons.workshop_order.floor.facts import Fact, Source, Verdict

from workbay_contract import steps
from workbay_contract.answers import Outcome, Outcomes, Refused, sign_answer
from workbay_contract.batch import GENESIS
from workbay_contract.clock import corrected
from workbay_contract.refusal import Refusal

from ..signing import signing_key
from ..transaction import begin_anew
from .devices import MOST, Device, lock_devices
from .envelope import Envelope, Row, open_payload, turns
from .known import Known, read_known, utc

_logger = logging.getLogger(__name__)

TRIES = 3
FATAL_ATTEMPTS = 5
"""So often an event may fail unexpectedly before it is held for people to look at."""


class Intake:
    """One call of ``ingest``: one transaction, whatever the batches hold."""

    def __init__(self, env) -> None:
        self.env = env
        self.key = signing_key(env)
        self.received = 0
        self.last_at: dict[int, int] = {}

    def run(self, batches: list[str]) -> dict:
        for _tried in range(TRIES):
            # Opened anew each time: what a try that failed made of them is void.
            envelopes = [open_payload(payload) for payload in dict.fromkeys(batches)]
            self.last_at = {}
            try:
                answers = [
                    answer for turn in turns(envelopes) for answer in self._take(turn)
                ]
                break
            except OperationalError as error:
                # The transaction is of no more use, and all that was taken in it is
                # gone: begin anew at once, without Odoo's sleeps.
                _logger.info("Ingest begins anew: %s", error)
                begin_anew(self.env.cr)
        else:
            answers = [self._answer(each, None) for each in envelopes if each.device]
        devices = {each.device.id for each in envelopes if each.device}
        boards = self.env["workshop.board"]._unpublished(devices)
        return {"answers": answers, "boards": boards}

    def _take(self, envelopes: list[Envelope]) -> list[dict]:
        self.received = round(time.time() * 1000)
        cr = self.env.cr
        # The first to be called then: before anybody is woken for the consequences.
        cr.postcommit.add(partial(steps.reached, "odoo.ingest.after_commit"))
        names = sorted({each.name for each in envelopes if each.name})
        devices = lock_devices(cr, names)
        steps.reached("odoo.ingest.locked")
        for envelope in envelopes:
            envelope.rows = []
            envelope.check(devices.get(envelope.name))
            if envelope.device and not envelope.code and not envelope.is_busy:
                envelope.decode()
        known = read_known(cr, [each for each in envelopes if each.rows])
        for envelope in envelopes:
            _refuse_in_anothers_place(known, envelope)
        self._bury([each for each in envelopes if each.code or not each.device])
        taken = [each for each in envelopes if each.rows]
        batch_ids = self._keep_batches(taken)
        outcomes = self._outcomes(taken, known, batch_ids)
        self._advance(taken, outcomes)
        _log(taken, outcomes)
        steps.reached("odoo.ingest.before_commit")
        return [
            self._answer(envelope, outcomes.get(id(envelope)))
            for envelope in envelopes
            if envelope.device
        ]

    def _bury(self, envelopes: list[Envelope]) -> None:
        suspects = set()
        for each in envelopes:
            code = each.code or "device"
            self.env["workshop.dead.letter"]._note(
                each.payload, code, each.device, each.name, each.detail
            )
            _logger.warning("Batch of %s refused: %s %s", each.name, code, each.detail)
            if each.device and code in ("seal", "gap"):
                suspects.add(each.device.id)
        self._alarm(
            suspects,
            self.env._("A batch was refused: look at the refused messages."),
        )

    def _alarm(self, device_ids: set[int], summary: str) -> None:
        if not device_ids:
            return
        try:
            with self.env.cr.savepoint():
                self.env["workshop.device"].browse(sorted(device_ids))._alarm(summary)
        # Whatever keeps an activity from being made must keep no bay from its answer.
        except Exception:
            _logger.exception("No alarm could be raised on devices %s", device_ids)

    def _keep_batches(self, taken: list[Envelope]) -> dict[str, int]:
        """Store each batch at its first arrival; their ids by seal."""
        fresh = [each for each in taken if not each.is_known]
        if fresh:
            execute_values(
                self.env.cr._obj,
                """
                INSERT INTO workshop_batch
                       (device_id, first, count, prev, seal, signature, public_key,
                        hashes, received_at)
                VALUES %s
                    ON CONFLICT (seal) DO NOTHING
                """,
                [
                    (
                        each.device.id,
                        each.batch.first,
                        len(each.batch.events),
                        each.batch.prev,
                        each.batch.seal,
                        each.batch.sig,
                        each.device.public_key,
                        Json(each.batch.hashes),
                        utc(self.received),
                    )
                    for each in fresh
                ],
                page_size=len(fresh),
            )
        self.env.cr.execute(
            "SELECT seal, id FROM workshop_batch WHERE seal = ANY(%s)",
            [[each.batch.seal for each in taken]],
        )
        return dict(self.env.cr.fetchall())

    def _outcomes(
        self, taken: list[Envelope], known: Known, batch_ids: dict[str, int]
    ) -> dict[int, dict[int, Outcome]]:
        """By envelope and number, what became of each event."""
        outcomes: dict[int, dict[int, Outcome]] = {}
        sources: list[Source] = []
        owners: dict[int, Envelope] = {}
        for envelope in taken:
            outcomes[id(envelope)] = done = {}
            fresh = []
            for row in envelope.rows:
                if logged := known.same(envelope.device, row):
                    done[row.seq] = logged.outcome()
                else:
                    fresh.append(row)
            batch_id = batch_ids.get(envelope.batch.seal)
            facts = self._facts(envelope, fresh, known, batch_id)
            if facts:
                device = envelope.device
                source = Source(device.company_id, device.bay_id, facts)
                sources.append(source)
                owners[id(source)] = envelope
        verdicts = self.env["workshop.event"]._record(sources) if sources else []
        by_fact = {id(verdict.fact): verdict for verdict in verdicts}
        for source in sources:
            envelope = owners[id(source)]
            self._settle(source, by_fact, envelope)
            outcomes[id(envelope)] |= {
                fact.columns["seq"]: _outcome(by_fact[id(fact)])
                for fact in source.facts
            }
        return outcomes

    def _settle(
        self, source: Source, by_fact: dict[int, Verdict], envelope: Envelope
    ) -> None:
        """What has to follow at once: dead letters and alarms."""
        if any(by_fact[id(fact)].code == "conflict" for fact in source.facts):
            self._alarm(
                {envelope.device.id},
                self.env._("Two different events bear the same number or UUID."),
            )
        for fact in source.facts:
            verdict = by_fact[id(fact)]
            if fact.kind == "gap":
                self._alarm({envelope.device.id}, self._loss(envelope.device, fact))
            if verdict.error is not None:
                attempts = self.env["workshop.dead.letter"]._note(
                    fact.raw,
                    "unexpected",
                    envelope.device,
                    envelope.name,
                    repr(verdict.error),
                )
                if attempts >= FATAL_ATTEMPTS:
                    held = by_fact[id(fact)] = self._hold(source, fact, verdict)
                    if not held.is_final:
                        # Its bay sends nothing else before this one is answered.
                        self._alarm({envelope.device.id}, self._standstill())

    def _standstill(self) -> str:
        return self.env._(
            "A record cannot even be kept for a decision, and what the bay recorded"
            " after it waits: have the refused messages looked at."
        )

    def _loss(self, device: Device, gap: Fact) -> str:
        """What only its disk had lies between its last event here and the gap."""
        zone = self.env["res.company"].browse(device.company_id)._workshop_tz().zone
        since, until = (
            format_datetime(self.env, utc(at), tz=zone, dt_format="short")
            for at in (device.last_event_ms or gap.at_ms, gap.at_ms)
        )
        return self.env._(
            "The bay's disk lost records. Ask its people what they confirmed between"
            " %(since)s and %(until)s.",
            since=since,
            until=until,
        )

    def _hold(self, source: Source, fact: Fact, verdict: Verdict) -> Verdict:
        """Keep what fails again and again in the log, for people to decide."""
        fact.hold = "unexpected"
        alone = Source(source.company_id, source.bay_id, [fact])
        [held] = self.env["workshop.event"]._record([alone])
        return held if held.is_final else verdict

    def _facts(
        self, envelope: Envelope, rows: list[Row], known: Known, batch_id: int | None
    ) -> list[Fact]:
        facts = [self._fact(envelope.device, row, known, batch_id) for row in rows]
        _place_doubtful(facts, envelope.device.last_event_ms)
        if facts:
            self.last_at[envelope.device.id] = facts[-1].at_ms
        for fact, row in zip(facts, rows, strict=True):
            if fact.refusal is None and fact.kind == "node":
                fact.user_id = _person(known, envelope.device, row, fact.at_ms)
        return facts

    def _fact(
        self, device: Device, row: Row, known: Known, batch_id: int | None
    ) -> Fact:
        columns = {"device_id": device.id, "seq": row.seq, "batch_id": batch_id}
        event = row.event
        if event is None or row.refusal:
            # Not its own event: neither UUID nor anything in it is to be believed.
            return Fact(
                raw=row.raw,
                raw_hash=row.raw_hash,
                uuid=None,
                at_ms=self.received,
                is_doubtful=True,
                refusal=row.refusal,
                columns=columns,
            )
        boot = (device.id, str(event.time.boot))
        at = corrected(event.time, known.offsets.get(boot), self.received)
        fact = Fact(
            raw=row.raw,
            raw_hash=row.raw_hash,
            uuid=str(event.uuid),
            kind=event.kind,
            at_ms=at.at,
            wall=event.time.wall,
            is_doubtful=at.doubtful,
            columns=columns,
        )
        if str(row.event.uuid) in known.uuids:
            fact.uuid, fact.refusal = None, Refusal(code="conflict")
        else:
            # From here on it is taken for whatever else comes in this call.
            known.uuids[fact.uuid] = (device.id, row.seq, row.raw_hash)
        if event.kind == "node":
            fact.order_id, fact.job_id = event.order, event.job
            fact.node, fact.sheet = event.node, event.sheet
            fact.reason, fact.media = event.reason, event.media
            fact.checks, fact.ticks = event.checks, event.ticks
            fact.signature = event.signature
            fact.mark = known.marks.get((device.id, event.board))
        return fact

    def _advance(
        self, taken: list[Envelope], outcomes: dict[int, dict[int, Outcome]]
    ) -> None:
        """A device's number and seal move on once all of a batch is final."""
        rows = []
        for each in taken:
            final = all(o.is_final for o in outcomes[id(each)].values())
            device, batch = each.device, each.batch
            if final and not each.is_known:
                device.last_seq, device.last_seal = batch.last, batch.seal
            times = [row.event.time.wall for row in each.rows if row.event]
            waiting = batch.waiting - (len(batch.events) if final else 0)
            lag = self.received - round(min(times).timestamp() * 1000) if times else 0
            rows.append(
                (
                    device.id,
                    device.last_seq,
                    device.last_seal,
                    min(max(0, waiting), MOST),
                    max(0, lag),
                    self.last_at.get(device.id, device.last_event_ms),
                    utc(self.received),
                )
            )
        if not rows:
            return
        execute_values(
            self.env.cr._obj,
            """
            UPDATE workshop_device d
               SET last_seq = v.last_seq,
                   last_seal = v.last_seal,
                   waiting = v.waiting,
                   lag_ms = v.lag,
                   last_event_ms = v.last_event,
                   last_seen = v.seen,
                   is_connected = TRUE
              FROM (VALUES %s) AS v
                   (id, last_seq, last_seal, waiting, lag, last_event, seen)
             WHERE d.id = v.id
            """,
            rows,
            template="(%s, %s, %s, %s, %s::bigint, %s::bigint, %s::timestamp)",
            page_size=len(rows),
        )
        self.env["workshop.device"].invalidate_model()

    def _answer(self, envelope: Envelope, done: dict[int, Outcome] | None) -> dict:
        device = envelope.device
        now = round(time.time() * 1000)
        if envelope.code:
            answer = Refused(
                device=device.name,
                server_time=now,
                payload=envelope.payload_hash,
                code=envelope.code,
                last_seq=device.last_seq,
                last_seal=device.last_seal or GENESIS,
            )
        else:
            batch = envelope.batch
            done = done or {
                seq: Outcome(seq=seq, result="retry", code="busy")
                for seq in range(batch.first, batch.last + 1)
            }
            answer = Outcomes(
                device=device.name,
                server_time=now,
                seal=batch.seal,
                outcomes=tuple(done[seq] for seq in sorted(done)),
            )
        return {**device.address(), "message": sign_answer(self.key, answer)}


def _log(taken: list[Envelope], outcomes: dict[int, dict[int, Outcome]]) -> None:
    """What became of each event, to be found by the UUID that its bay logged."""
    for envelope in taken:
        done = outcomes[id(envelope)]
        _logger.info(
            "Batch %s of %s: %s",
            envelope.batch.seal,
            envelope.name,
            " ".join(
                f"{row.event.uuid if row.event else row.seq}={done[row.seq].result}"
                for row in envelope.rows
            ),
        )


def _refuse_in_anothers_place(known: Known, envelope: Envelope) -> None:
    """Take no batch where another one was answered in part before.

    A bay sends that one until all of it is final; one that has another in its place has
    lost it with its disk, and is told by the answer to ``hello`` where to go on.
    """
    for row in envelope.rows:
        if known.is_anothers(envelope.device, row):
            envelope.rows = []
            envelope.refuse("gap", f"{row.seq} was answered in another batch")
            return


def _person(known: Known, device: Device, row: Row, at_ms: int) -> int | None:
    badge = known.badges.get(row.event.badge)
    if (
        badge is None
        or not badge.holds_at(utc(at_ms))
        or (device.company_id, badge.user_id) not in known.staff
    ):
        return None
    return badge.user_id


def _place_doubtful(facts: list[Fact], before: int | None) -> None:
    """An event whose time is in doubt lies between its neighbours, as it happened."""
    following = None
    for fact in reversed(facts):
        if not fact.is_doubtful:
            following = fact.at_ms
        elif following is not None:
            fact.at_ms = min(fact.at_ms, following)
    for fact in facts:
        if fact.is_doubtful and before is not None:
            fact.at_ms = max(fact.at_ms, before)
        before = max(before or 0, fact.at_ms)


def _outcome(verdict: Verdict) -> Outcome:
    return Outcome.model_construct(
        seq=verdict.fact.columns["seq"],
        result=verdict.result,
        effect=verdict.effect,
        code=verdict.code,
        params=verdict.params,
        duplicate=False,
    )
