import logging
import time

from odoo.tests import tagged

from .common import WorkshopEdgeCommon

_logger = logging.getLogger(__name__)

BAYS = 10
ORDERS = 10


@tagged("post_install", "-at_install", "-standard", "workshop_bench")
class TestIngestSpeed(WorkshopEdgeCommon):
    """How many events of whole job lives one worker takes; run it by its tag."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bays, cls.people, cls.lives = [], [], []
        for number in range(BAYS):
            place = cls.env["workshop.bay"].create(
                {"name": "Bench", "code": f"X{number}", "company_id": cls.store.id}
            )
            cls.bays.append(cls._enrol(place, f"dev-bench-{number}"))
            technician = cls._create_user(f"bt{number}", "technician")
            inspector = cls._create_user(f"bq{number}", "qc")
            cls.people.append(
                (technician.sudo().issue_badge(), inspector.sudo().issue_badge())
            )
            orders = [
                cls._receive(
                    odometer=50_000 + number * ORDERS + n,
                    service_ids=(cls.oil_service + cls.brake_service).ids,
                ).sudo()
                for n in range(ORDERS)
            ]
            for order in orders:
                order.action_authorise()
            cls.lives.append([job for order in orders for job in order.job_ids])
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE workshop_badge SET valid_from = valid_from - interval '1 day'"
        )
        cls.env.invalidate_all()

    @classmethod
    def _prepare_version_vals(cls, service):
        """No bytes are brought here, so nothing may wait for them."""
        process = cls.env.ref("workshop_standard.workshop_process_standard").copy()
        gate = cls.env.ref("workshop_standard.workshop_gate_media_verified")
        for node in process.node_ids:
            node.gate_ids -= gate
        return {"process_id": process.id}

    def _events(self, number):
        bay, (worker, inspector) = self.bays[number], self.people[number]
        bay.reset()
        events = []
        for position, job in enumerate(self.lives[number]):
            events += [
                bay.event(job, "start", worker),
                bay.event(job, "pause", worker, reason="parts"),
                bay.event(job, "resume", worker),
                # One of fifty is refused, and judged by its board.
                bay.event(job, "finish", worker, photos=position % 10 != 5),
            ]
            if position % 10 == 5:
                events.append(bay.event(job, "finish", worker, photos=1))
            events.append(bay.event(job, "qc_pass", inspector))
        return events

    def _calls(self, size):
        """Calls of ``size`` events in all, each with one batch of every bay."""
        calls = []
        for number, bay in enumerate(self.bays):
            self._board(bay)
            events, seal = self._events(number), None
            for turn, begin in enumerate(range(0, len(events), size)):
                part = events[begin : begin + size]
                batch = bay.batch(*part, first=begin + 1, prev=seal)
                seal = batch.seal
                if turn == len(calls):
                    calls.append([])
                calls[turn].append(batch.encode().decode())
        return calls

    def test_events_per_second(self):
        ingest = self.env["workshop.device"].with_user(self.bridge).ingest
        for size in (100, 10, 1):
            calls = self._calls(size)
            savepoint = self.env.cr.savepoint()
            before = self.env["workshop.event"].search_count([])
            begin = time.perf_counter()
            for call in calls:
                ingest(call)
            seconds = time.perf_counter() - begin
            count = self.env["workshop.event"].search_count([]) - before
            refused = self.env["workshop.event"].search_count(
                [("result", "=", "rejected")]
            )
            _logger.info(
                "Calls of %s events: %.0f events/s, %.1f ms per call, %s refused of %s",
                size * BAYS,
                count / seconds,
                1000 * seconds / len(calls),
                refused,
                count,
            )
            savepoint.close(rollback=True)
            # Ten bays with one event each are a call's fixed cost, not its speed.
            self.assertGreater(count / seconds, 200 if size > 1 else 20)
