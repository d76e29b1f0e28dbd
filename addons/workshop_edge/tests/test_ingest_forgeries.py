import os
from collections import Counter
from random import Random
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from workbay_contract import key_files, keys
from workbay_contract.answers import read_answer
from workbay_contract.batch import decode_batch

from . import forging
from .common import WorkshopEdgeCommon

INTAKE = "odoo.addons.workshop_edge.ingest.intake"
SEALS, EVENTS = 8_000, 2_000
"""Of each of forged, altered and replayed: 10,000 in all."""
BAYS = 40
SEED = int(os.environ.get("WORKBAY_FORGERIES_SEED", "5"))
CODES = {
    "forged": {"seal", "device"},
    "altered": {"seal", "malformed", "version", "oversize"},
    "replayed": {"seal", "gap", "device"},
}


@tagged("post_install", "-at_install")
class TestIngestForgeries(WorkshopEdgeCommon):
    """30,000 batches and events that no bay sealed so: none is accepted."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_order, cls.foreign_order = (
            cls._receive(user, service_ids=cls.oil_service.ids).sudo()
            for user in (cls.advisor, cls.stranger)
        )
        (cls.other_order + cls.foreign_order).action_authorise()
        cls.revoked, cls.tess = cls.tess, cls.technician.sudo().issue_badge()
        far = cls._create_user("tara", "technician", stores=cls.other_store)
        cls.elsewhere = far.sudo().issue_badge()
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE workshop_badge SET valid_from = valid_from - interval '1 day'"
        )
        cls.env.invalidate_all()

    def setUp(self):
        super().setUp()
        self.chance = Random(SEED)
        self.foreign_job = self.foreign_order.job_ids[:1]
        for bay, job, badge in (
            (self.first, self.oil_job, self.tess),
            (self.foreign, self.foreign_job, self.elsewhere),
        ):
            started = [
                bay.event(job, "start", badge),
                bay.event(job, "pause", badge, reason="parts"),
            ]
            self._assert_applied(bay.send(*started))
        # Bytes that were accepted once, and what the unit itself has had accepted.
        self.accepted = [event.decode() for event in self._pair(self.second)]
        self._assert_applied(
            self.second.send(*[event.encode() for event in self.accepted])
        )
        self.own_uuid = self.order.event_ids.sorted("id")[0].uuid

    def _pair(self, bay):
        """Two events that change a job and leave it as it was."""
        far = bay.device.company_id == self.other_store
        job, badge = (
            (self.foreign_job, self.elsewhere) if far else (self.oil_job, self.tess)
        )
        return [
            bay.event(job, "resume", badge),
            bay.event(job, "pause", badge, reason="parts"),
        ]

    def _marks(self, count):
        """Bays that have sent two batches, and have two more to send."""
        marks = [self._mark(number) for number in range(count)]
        for mark in marks:
            mark.others = [other for other in marks if other is not mark]
        return marks

    def _mark(self, number):
        place = self.env["workshop.bay"].create(
            {
                "name": "Marked",
                "code": f"M{number}",
                "company_id": (self.store, self.other_store)[number % 2].id,
            }
        )
        former = self._enrol(place, f"dev-former-{number}")
        bay = self._enrol(place, f"dev-marked-{number}")
        odoo = key_files.load(self.odoo_key_path)
        mark = forging.Mark(bay, former, odoo)
        for name in ("older", "last", "genuine", "later"):
            batch = bay.batch(*self._pair(bay))
            if name in ("older", "last"):
                self._assert_applied(self._deliver(batch))
            setattr(mark, name, batch)
            bay.seal = batch.seal
        return mark

    def _deliver(self, batch):
        [answer] = self.ingest(batch.encode().decode())
        self.assertEqual(answer.kind, "outcomes")
        return answer.outcomes

    def _receive_all(self, ways, marks, count):
        """Have ``count`` payloads received, each way in turn, a call for all marks.

        :return: how many batches were taken, by way; the refusals, by code.
        """
        taken, codes = Counter(), Counter()
        names = list(ways)
        done = 0
        while done < count:
            call = {}
            for mark in marks[: count - done]:
                name = names[done % len(names)]
                call[ways[name](self.chance, mark)] = name
                done += 1
            reply = self.env["workshop.device"].with_user(self.bridge).ingest([*call])
            for answer in reply["answers"]:
                read = read_answer(self.odoo_key, answer["message"])
                if read.kind == "refused":
                    codes[read.code] += 1
                else:
                    taken[_way(call, read.seal)] += 1
        return taken, codes

    def _state(self):
        """Whatever a batch that is taken changes."""
        self.env.invalidate_all()
        devices = self.env["workshop.device"].search([])
        return (
            self.env["workshop.event"].search_count([]),
            self.env["workshop.batch"].search_count([]),
            [(each.id, each.last_seq, each.last_seal) for each in devices],
        )

    @mute_logger(INTAKE)
    def test_no_batch_that_was_forged_altered_or_replayed_is_taken(self):
        marks = self._marks(BAYS)
        before = self._state()
        for sort, ways in forging.SEALS.items():
            with self.subTest(sort):
                taken, codes = self._receive_all(ways, marks, SEALS)
                self.assertEqual(taken, Counter())
                self.assertGreater(codes.total(), SEALS * 0.8)  # some name nobody
                self.assertLessEqual(set(codes), CODES[sort])
                self.assertEqual(self._state(), before)
        # The last batch over again is answered as it was the first time.
        for mark in marks:
            outcomes = self._deliver(mark.last)
            self.assertEqual([o.duplicate for o in outcomes], [True, True])
        self.assertEqual(self._state(), before)
        # It was for their falseness: all that is genuine is taken.
        for mark in marks:
            self._assert_applied(self._deliver(mark.genuine))
            self._assert_applied(self._deliver(mark.later))

    @mute_logger(INTAKE)
    def test_an_ingest_that_looks_at_no_seal_is_found_out(self):
        ways = {
            **forging.SEALS["forged"],
            **forging.SEALS["altered"],
            **forging.SEALS["replayed"],
        }
        found = set()
        with patch.object(keys, "check", lambda *_: None):
            for name, way in ways.items():
                savepoint = self.env.cr.savepoint()
                marks = self._marks(2)
                taken, _codes = self._receive_all({name: way}, marks, 2)
                if taken:
                    found.add(name)
                savepoint.close(rollback=True)
                self.env.invalidate_all()
        self.assertEqual(found, forging.SEAL_ALONE)

    @mute_logger(INTAKE)
    def test_nothing_that_a_stolen_unit_makes_up_is_accepted(self):
        bay = self.first
        before = self.oil_job.phase, self.order.event_ids.filtered("chain_hash")
        for sort, ways in forging.EVENTS.items():
            names = list(ways)
            for _batch in range(EVENTS // 100):
                events = []
                for number in range(100):
                    way = ways[names[number % len(names)]]
                    base, _pause = self._pair(bay)
                    bay.seq -= 1
                    events.append(way(self.chance, base, bay.seq, self))
                outcomes = bay.send(*events)
                for number, outcome in enumerate(outcomes):
                    name = f"{sort}: {names[number % len(names)]}"
                    self.assertEqual((outcome.result, name), ("rejected", name))
        self.env.invalidate_all()
        self.assertEqual(
            (self.oil_job.phase, self.order.event_ids.filtered("chain_hash")), before
        )
        self._assert_applied(bay.send(*self._pair(bay)))


def _way(call, seal):
    """By which way the payload was made whose batch was taken."""
    for payload, name in call.items():
        try:
            if decode_batch(payload).seal == seal:
                return name
        except ValueError:
            continue
    return seal
