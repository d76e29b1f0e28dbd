import uuid

from odoo.tests import tagged
from odoo.tools import mute_logger

from workbay_contract.answers import read_answer
from workbay_contract.events import GapEvent, encode_event

from .common import WorkshopEdgeCommon

INTAKE = "odoo.addons.workshop_edge.ingest.intake"
GREETING = "odoo.addons.workshop_edge.ingest.greeting"


@tagged("post_install", "-at_install")
class TestIngestLostBatch(WorkshopEdgeCommon):
    """A bay's disk loses a batch of which Odoo has answered a part."""

    def setUp(self):
        super().setUp()
        bay = self.bay_unit = self.first
        bay.send(bay.event(self.oil_job, "start", self.tess))
        self.lost = bay.batch(
            bay.event(self.oil_job, "pause", self.tess, reason="parts"),
            bay.event(self.brake_job, "start", self.tess),
            bay.event(self.brake_job, "pause", self.tess, reason="parts"),
        )
        with self._poison(self.brake_job):
            outcomes = bay.deliver(self.lost.encode().decode()).outcomes
        self.assertEqual([o.result for o in outcomes], ["accepted", "retry", "retry"])

    def _welcome(self, **values):
        reply = (
            self.env["workshop.device"]
            .with_user(self.bridge)
            .hello([self.bay_unit.hello(**values)])
        )
        return read_answer(self.odoo_key, reply["answers"][0]["message"])

    def _after_loss(self):
        """The disk is as before that batch, and people go on."""
        self.bay_unit.seq = 1
        return self.bay_unit.event(self.oil_job, "finish", self.tess)

    def test_what_takes_its_place_is_refused_and_not_lost_as_a_conflict(self):
        event = self._after_loss()
        with mute_logger(INTAKE):
            answer = self.bay_unit.deliver(self.bay_unit.batch(event).encode().decode())
        self.assertEqual((answer.kind, answer.code), ("refused", "gap"))
        self.assertEqual(len(self.order.event_ids), 2)

    def test_the_bay_goes_on_behind_it_with_a_gap(self):
        bay = self.bay_unit
        self._after_loss()
        with mute_logger(GREETING):
            welcome = self._welcome(last_seq=1)
        self.assertEqual((welcome.last_seq, welcome.last_seal), (4, self.lost.seal))
        bay.seq, bay.seal = 5, self.lost.seal
        gap = GapEvent(
            uuid=uuid.uuid4(),
            device=bay.name,
            seq=5,
            time=bay.time(),
            lost_from=2,
            lost_to=4,
        )
        again = bay.event(self.oil_job, "resume", self.tess)
        outcomes = bay.send(encode_event(gap), again)
        self.assertEqual([o.result for o in outcomes], ["accepted"] * 2)
        self.assertIs(bay.device._verify_line(), True)

    def test_a_gap_covers_only_the_end_that_had_no_outcome(self):
        self.test_the_bay_goes_on_behind_it_with_a_gap()
        self.env.flush_all()
        self.env.cr.execute("ALTER TABLE workshop_event DISABLE TRIGGER USER")
        self.env.cr.execute(
            "DELETE FROM workshop_event WHERE device_id = %s AND seq = 2",
            [self.bay_unit.device.id],
        )
        self.assertRegex(self.bay_unit.device._verify_line(), "event 2 is not in")

    def test_a_bay_that_still_has_it_is_told_to_go_on_with_it(self):
        welcome = self._welcome(last_seq=4, last_seal=self.lost.seal)
        self.assertEqual(welcome.last_seq, 1)

    def test_a_word_that_was_only_late_costs_nothing(self):
        bay = self.bay_unit
        with mute_logger(GREETING):
            self._welcome(last_seq=1)
        outcomes = bay.deliver(self.lost.encode().decode()).outcomes
        self.assertEqual([o.result for o in outcomes], ["accepted"] * 3)
        self.assertEqual(bay.device.last_seal, self.lost.seal)
        events = self.env["workshop.event"].search([("device_id", "=", bay.device.id)])
        self.assertTrue(all(event.batch_id for event in events))
        self.assertIs(bay.device._verify_line(), True)
