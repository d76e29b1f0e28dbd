import random
import time
import uuid
from unittest.mock import patch

from odoo.tests import tagged

from workbay_contract.confirmation import Confirmation, Person
from workbay_contract.events import MediaRef
from workbay_contract.interpreter import judge
from workbay_contract.process import JobState
from workbay_contract.types import sha256

from ..floor.facts import Fact, Source
from ..floor.fold import Fold
from .common import WorkshopOrderCommon


class FloorCommon(WorkshopOrderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pit = cls.env["workshop.bay"].create(
            {"name": "Pit", "code": "B2", "company_id": cls.store.id}
        )
        cls.tom = cls._create_user("tom", "technician")
        cls.order = cls._receive(
            service_ids=(cls.oil_service + cls.brake_service).ids
        ).sudo()
        cls.order.action_authorise()
        cls.oil_job, cls.brake_job = cls.order.job_ids
        cls.env.flush_all()

    @classmethod
    def _measure_outside(cls, **more):
        """The technician lifts the car, finds a value outside its limits, and waits."""
        cls.lift, cls.plug = cls.oil_job.version_id.step_ids
        job = cls.oil_job.with_user(cls.technician)
        job.confirm_node("start")
        job.confirm_node(
            "pause",
            reason="approval",
            checks=[{"step": cls.lift.id}, {"step": cls.plug.id, "value": "31"}],
            **more,
        )
        cls.env.invalidate_all()

    def _fact(self, job, node, user, at=None, photos=0, **values):
        raw = f"{job.id} {node} {uuid.uuid4()}"
        media = tuple(
            MediaRef(sha256=sha256(b"%d" % number), size=1) for number in range(photos)
        )
        return Fact(
            raw=raw,
            raw_hash=sha256(raw.encode()),
            uuid=str(uuid.uuid4()),
            order_id=job.order_id.id,
            job_id=job.id,
            node=node,
            user_id=user.id,
            at_ms=at if at is not None else round(time.time() * 1000),
            media=media,
            **values,
        )

    def _record(self, *facts, bay=None):
        bay = bay or self.bay
        verdicts = self.env["workshop.event"]._record(
            [Source(self.store.id, bay.id, list(facts))]
        )
        self.env.invalidate_all()
        return [(v.result, v.effect, v.code) for v in verdicts]

    def _mark(self):
        """What a board made now would reflect."""
        self.env.cr.execute("SELECT coalesce(max(id), 0) FROM workshop_event")
        return self.env.cr.fetchone()[0]


APPLIED = ("accepted", "applied", None)
# By how often; what passes QC has nothing more to live through.
CODES = {
    "start": 4,
    "pause": 3,
    "resume": 3,
    "finish": 3,
    "qc_fail": 3,
    "wash": 0.5,
    "qc_pass": 0.1,
}


@tagged("post_install", "-at_install")
class TestWorkshopOrderFloor(FloorCommon):
    def test_random_lives_end_where_the_interpreter_says(self):
        draw = random.Random(7)
        people = [self.technician, self.tom, self.inspector]
        process = self.env["workshop.event"]._process(self.oil_job.process_id.id)
        states = {
            job.id: JobState(facts=frozenset(job.floor_id.facts))
            for job in self.order.job_ids
        }
        running = {}
        facts, expected = [], []
        for number in range(300):
            job, user = draw.choice(self.order.job_ids), draw.choice(people)
            [node] = draw.choices(list(CODES), CODES.values())
            reason = draw.choice([None, "parts"])
            fact = self._fact(
                job, node, user, at=number * 1000, photos=1, reason=reason
            )
            facts.append(fact)
            result = judge(
                process,
                states[job.id],
                Person(
                    id=user.id,
                    roles=tuple(user._workshop_roles()),
                    running_job=running.get(user.id),
                ),
                Confirmation(
                    job=job.id, node=node, at=number * 1000, photos=1, reason=reason
                ),
            )
            if hasattr(result, "job"):
                states[job.id] = result.job
                running = {
                    state.running: id_ for id_, state in states.items() if state.running
                }
                expected.append(APPLIED)
            else:
                expected.append(("rejected", "none", result.code))
        outcomes = []
        while facts:
            size = draw.randint(1, 40)
            outcomes += self._record(*facts[:size])
            facts = facts[size:]
        self.assertEqual(outcomes, expected)
        self.assertGreater(outcomes.count(APPLIED), 20)
        for job in self.order.job_ids:
            floor, state = job.floor_id, states[job.id]
            self.assertEqual(
                (floor.node or None, floor.phase, floor.running_user_id.id or None),
                (state.node, state.phase, state.running),
            )
            self.assertEqual(floor.worked_ms, state.worked_ms)
            self.assertEqual(tuple(floor.workers), state.workers)
            self.assertEqual(frozenset(floor.facts or ()), state.facts)
            self.assertNotIn("media_verified", state.facts)
        self.assertIs(self.order._verify_chain(), True)

    def test_a_clock_moves_between_jobs_in_one_call(self):
        outcomes = self._record(
            self._fact(self.oil_job, "start", self.technician),
            self._fact(self.oil_job, "pause", self.technician, reason="parts"),
            self._fact(self.brake_job, "start", self.technician),
        )
        self.assertEqual(outcomes, [APPLIED] * 3)
        outcomes = self._record(
            self._fact(self.brake_job, "pause", self.technician, reason="parts"),
            self._fact(self.oil_job, "resume", self.technician),
        )
        self.assertEqual(outcomes, [APPLIED] * 2)
        self.assertEqual(self.oil_job.running_user_id, self.technician)

    def test_what_comes_after_the_order_was_closed_is_held(self):
        self.order._close_floor()
        outcomes = self._record(
            self._fact(self.oil_job, "start", self.technician),
            self._fact(self.oil_job, "finish", self.technician, photos=1),
        )
        self.assertEqual(
            outcomes,
            [
                ("accepted", "held", "order_closed"),
                ("accepted", "held", "behind_held"),
            ],
        )
        self.assertEqual(self.oil_job.phase, "waiting")
        self.assertIs(self.order._verify_chain(), True)
        self._settle(self.order)
        self.assertIn(self.lead, self.order.activity_ids.user_id)

    def test_what_was_right_by_its_board_is_held_when_it_was_overtaken(self):
        mark = self._mark()
        self._record(self._fact(self.oil_job, "start", self.tom), bay=self.pit)
        outcomes = self._record(
            self._fact(self.oil_job, "start", self.technician, mark=mark),
            self._fact(self.oil_job, "finish", self.technician, mark=mark, photos=1),
            self._fact(self.brake_job, "start", self.technician, mark=mark),
        )
        self.assertEqual(
            outcomes,
            [
                ("accepted", "held", "overtaken"),
                ("accepted", "held", "behind_held"),
                APPLIED,
            ],
        )
        self.assertEqual(self.oil_job.running_user_id, self.tom)

    def test_what_was_wrong_by_its_board_too_is_rejected(self):
        mark = self._mark()
        outcomes = self._record(
            self._fact(self.oil_job, "finish", self.technician, mark=mark, photos=1)
        )
        self.assertEqual(outcomes, [("rejected", "none", "node_not_now")])

    def test_a_refusal_by_the_board_too_costs_no_second_pass(self):
        mark = self._mark()
        with patch.object(Fold, "run", autospec=True, side_effect=Fold.run) as run:
            outcomes = self._record(
                # What the bay applies later makes nothing right before it.
                self._fact(
                    self.oil_job, "finish", self.technician, mark=mark, photos=1
                ),
                self._fact(self.oil_job, "start", self.technician, mark=mark),
                self._fact(self.oil_job, "start", self.tom, mark=mark),
                self._fact(
                    self.oil_job, "finish", self.technician, mark=mark, photos=1
                ),
            )
        self.assertEqual(
            outcomes,
            [
                ("rejected", "none", "node_not_now"),
                APPLIED,
                ("rejected", "none", "node_not_now"),
                APPLIED,
            ],
        )
        self.assertEqual(run.call_count, 1)
        self.assertIs(self.order._verify_chain(), True)

    def test_a_refusal_that_was_right_by_its_board_costs_one_more_pass(self):
        mark = self._mark()
        self._record(self._fact(self.oil_job, "start", self.tom), bay=self.pit)
        with patch.object(Fold, "run", autospec=True, side_effect=Fold.run) as run:
            outcomes = self._record(
                self._fact(
                    self.brake_job, "finish", self.technician, mark=mark, photos=1
                ),
                self._fact(self.oil_job, "start", self.technician, mark=mark),
                self._fact(self.brake_job, "start", self.technician, mark=mark),
            )
        self.assertEqual(
            outcomes,
            [
                ("rejected", "none", "node_not_now"),
                ("accepted", "held", "overtaken"),
                APPLIED,
            ],
        )
        self.assertEqual(run.call_count, 2)

    def test_a_bays_own_later_events_count_with_its_board(self):
        mark = self._mark()
        self._record(self._fact(self.oil_job, "start", self.technician, mark=mark))
        # By board and own events the job runs: starting it again was never right.
        outcomes = self._record(
            self._fact(self.oil_job, "start", self.technician, mark=mark)
        )
        self.assertEqual(outcomes[0][0], "rejected")
        self._record(
            self._fact(self.oil_job, "pause", self.technician, reason="parts"),
            bay=self.pit,
        )
        # But finishing it was, until it was paused elsewhere.
        outcomes = self._record(
            self._fact(self.oil_job, "finish", self.technician, mark=mark, photos=1)
        )
        self.assertEqual(outcomes, [("accepted", "held", "overtaken")])

    def test_who_started_elsewhere_meanwhile_was_free_by_the_board(self):
        mark = self._mark()
        self._record(self._fact(self.brake_job, "start", self.technician), bay=self.pit)
        outcomes = self._record(
            self._fact(self.oil_job, "start", self.technician, mark=mark)
        )
        self.assertEqual(outcomes, [("accepted", "held", "overtaken")])
        # By a board that shows him at work it was wrong.
        outcomes = self._record(
            self._fact(self.oil_job, "start", self.technician, mark=self._mark())
        )
        self.assertEqual(outcomes, [("rejected", "none", "person_busy")])

    def test_what_a_bay_does_knowing_of_the_held_event_stands_on_its_own(self):
        mark = self._mark()
        self._record(self._fact(self.oil_job, "start", self.tom), bay=self.pit)
        self._record(self._fact(self.oil_job, "start", self.technician, mark=mark))
        self._record(
            self._fact(self.oil_job, "pause", self.tom, reason="parts"), bay=self.pit
        )
        outcomes = self._record(
            self._fact(self.oil_job, "resume", self.technician, mark=self._mark())
        )
        self.assertEqual(outcomes, [APPLIED])

    def test_a_withdrawn_job_is_held_for_the_lead(self):
        self.brake_job.action_withdraw()
        self.env.flush_all()
        outcomes = self._record(self._fact(self.brake_job, "start", self.technician))
        self.assertEqual(outcomes, [("accepted", "held", "overtaken")])

    def test_an_order_that_is_not_open_for_work_yet_is_not_known(self):
        order = self._receive(odometer=43_000).sudo()
        self.env.flush_all()
        outcomes = self._record(self._fact(order.job_ids, "start", self.technician))
        self.assertEqual(outcomes, [("rejected", "none", "order_unknown")])

    def test_opening_again_keeps_what_happened(self):
        self._record(self._fact(self.oil_job, "start", self.technician))
        self.order._open_floor()
        self.assertEqual(self.oil_job.phase, "in_progress")
        self.assertEqual(self.oil_job.floor_id.workers, self.technician.ids)
