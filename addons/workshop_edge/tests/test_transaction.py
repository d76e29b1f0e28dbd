from unittest.mock import patch

from odoo import modules
from odoo.tests import tagged

from ..ingest.devices import lock_devices
from ..transaction import begin_anew
from .common import WorkshopEdgeCommon

TRANSACTION = "odoo.addons.workshop_edge.transaction"


@tagged("post_install", "-at_install")
class TestTransaction(WorkshopEdgeCommon):
    """What only transactions beside the test's own can show."""

    def _begin(self, cr):
        with (
            patch.object(modules.module, "current_test", False),
            patch(f"{TRANSACTION}.request", True),
        ):
            begin_anew(cr)

    def test_whoever_calls_outside_a_request_keeps_what_he_wrote(self):
        with (
            self.registry.cursor() as cr,
            patch.object(modules.module, "current_test", False),
        ):
            cr.execute("CREATE TEMPORARY TABLE kept ON COMMIT DROP AS SELECT 1")
            begin_anew(cr)
            cr.execute("SELECT count(*) FROM kept")
            self.assertEqual(cr.fetchone(), (1,))
            cr.rollback()

    def test_a_call_sees_what_others_commit_and_never_fails_for_it(self):
        with self.registry.cursor() as cr, self.registry.cursor() as other:
            self._begin(cr)
            cr.execute("SELECT count(*) FROM workshop_lease")
            cr.execute("SHOW transaction_isolation")
            self.assertEqual(cr.fetchone()[0], "read committed")
            cr.rollback()
            cr.execute("SHOW transaction_isolation")
            self.assertEqual(cr.fetchone()[0], "repeatable read")
            other.rollback()

    def test_a_row_that_another_call_holds_is_passed_over(self):
        lock = (
            "SELECT partition FROM workshop_lease WHERE partition < 2"
            " ORDER BY partition FOR NO KEY UPDATE SKIP LOCKED"
        )
        with self.registry.cursor() as cr, self.registry.cursor() as other:
            other.execute("SELECT 1 FROM workshop_lease WHERE partition = 0 FOR UPDATE")
            self._begin(cr)
            cr.execute(lock)
            self.assertEqual(cr.fetchall(), [(1,)])
            other.rollback()
            cr.rollback()

    def test_a_device_that_another_call_has_is_answered_with_retry(self):
        bay = self.first
        batch = bay.batch(bay.event(self.oil_job, "start", self.tess))

        def busy(cr, names):
            devices = lock_devices(cr, names)
            for device in devices.values():
                device.is_locked = False
            return devices

        with patch("odoo.addons.workshop_edge.ingest.intake.lock_devices", busy):
            answer = bay.deliver(batch.encode().decode())
        self.assertEqual(self._codes(answer.outcomes), [("retry", "none", "busy")])
        self._assert_applied(bay.deliver(batch.encode().decode()).outcomes)
