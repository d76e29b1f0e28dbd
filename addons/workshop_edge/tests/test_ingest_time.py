import time
from datetime import UTC, datetime, timedelta

from odoo.tests import tagged

from workbay_contract.events import EventTime

from .common import WorkshopEdgeCommon


@tagged("post_install", "-at_install")
class TestIngestTime(WorkshopEdgeCommon):
    def _hello(self, bay, **values):
        device = self.env["workshop.device"].with_user(self.bridge)
        return device.hello([bay.hello(**values)])

    def _time(self, bay, wall, mono, synced=True):
        return EventTime(wall=wall, synced=synced, boot=bay.boot, mono=mono)

    def test_odoo_reaches_its_own_clock_over_the_bays_monotonic_one(self):
        bay = self.first
        now = round(time.time() * 1000)
        self._hello(bay, mono=1_000_000)
        wrong = datetime(2001, 1, 1, tzinfo=UTC)
        bay.send(
            bay.event(
                self.oil_job,
                "start",
                self.tess,
                time=self._time(bay, wrong, 1_000_000 - 60_000, synced=False),
            )
        )
        event = self.order.event_ids
        self.assertAlmostEqual(event.occurred_ms, now - 60_000, delta=5000)
        self.assertFalse(event.is_doubtful)
        self.assertEqual(event.wall_at.year, 2001)

    def test_the_pairing_with_the_least_delay_counts(self):
        bay = self.first
        self._hello(bay, mono=1_000_000)
        boot = self.env["workshop.device.boot"].search(
            [("device_id", "=", bay.device.id)]
        )
        best = boot.offset_ms
        self._hello(bay, mono=1_000_000 - 5000)  # came five seconds late
        self.env.invalidate_all()
        self.assertAlmostEqual(boot.offset_ms, best, delta=100)
        self._hello(bay, mono=1_000_000 + 5000)
        self.env.invalidate_all()
        self.assertLess(boot.offset_ms, best - 4000)

    def test_nothing_happens_after_it_came_in(self):
        bay = self.first
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        bay.send(bay.event(self.oil_job, "start", self.tess, time=bay.time(tomorrow)))
        self.assertLessEqual(
            self.order.event_ids.occurred_ms, round(time.time() * 1000)
        )

    def test_a_time_in_doubt_lies_between_its_neighbours_and_is_flagged(self):
        bay = self.first
        now = datetime.now(UTC)
        first, last = now - timedelta(minutes=10), now - timedelta(minutes=5)
        outcomes = bay.send(
            bay.event(self.oil_job, "start", self.tess, time=bay.time(first)),
            bay.event(
                self.oil_job,
                "pause",
                self.tess,
                reason="parts",
                time=bay.time(now - timedelta(days=400), synced=False),
            ),
            bay.event(
                self.oil_job,
                "resume",
                self.tess,
                time=bay.time(now, synced=False),
            ),
            bay.event(self.oil_job, "finish", self.tess, photos=1, time=bay.time(last)),
        )
        self._assert_applied(outcomes)
        events = self.order.event_ids.sorted("seq")
        times = events.mapped("occurred_ms")
        self.assertEqual(times, sorted(times))
        self.assertEqual(events.mapped("is_doubtful"), [False, True, True, False])
