from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.workshop_order.floor import fold

from .test_workshop_checkpoint import EvidenceCommon


@tagged("post_install", "-at_install")
class TestWorkshopDeviceLine(EvidenceCommon):
    """What a device sealed is all there, whatever order it is of."""

    def setUp(self):
        super().setUp()
        bay = self.first
        # One that fits no order: it is in no order's chain.
        outcomes = bay.send(bay.event(self.oil_job, "qc_pass", self.quinn, order=2**30))
        self.assertEqual(outcomes[0].result, "rejected")
        self.device = bay.device
        self.checkpoints._fold()

    def test_it_holds_from_the_first_batch_to_the_last(self):
        self.assertIs(self.device._verify_line(), True)
        self.assertIs(self.second.device._verify_line(), True)  # nothing sealed yet

    def _assert_break(self, words, query, **params):
        self.assertIs(self.device._verify_line(), True)
        self._own(query, device=self.device.id, **params)
        self.assertRegex(self.device._verify_line(), words)

    def test_an_event_of_no_order_that_was_taken_out_is_named(self):
        self._assert_break(
            "event 3 is not in the log",
            "DELETE FROM workshop_event WHERE device_id = %(device)s AND seq = 3",
        )

    def test_one_that_was_changed_is_named(self):
        self._assert_break(
            "event 3 is not in the log",
            "UPDATE workshop_event SET raw = raw || ' '"
            " WHERE device_id = %(device)s AND seq = 3",
        )

    def test_a_batch_that_was_taken_out_is_named(self):
        self._assert_break(
            "ends with number 2 is missing",
            "UPDATE workshop_event SET batch_id = NULL WHERE device_id = %(device)s;"
            "DELETE FROM workshop_batch WHERE device_id = %(device)s AND first = 1",
        )

    def test_a_forged_signature_is_named(self):
        self._assert_break(
            "did not sign",
            "UPDATE workshop_batch SET signature = repeat('0', 128)"
            " WHERE device_id = %(device)s AND first = 3",
        )

    def test_a_line_cut_short_is_caught_by_the_checkpoint(self):
        """As after a restored backup: the rest is whole, and too short."""
        [batch] = self.env["workshop.batch"].search(
            [("device_id", "=", self.device.id), ("first", "=", 3)]
        )
        self._assert_break(
            "rewritten after checkpoint 1: number 3",
            "DELETE FROM workshop_event WHERE device_id = %(device)s AND seq = 3;"
            "DELETE FROM workshop_batch WHERE device_id = %(device)s AND first = 3;"
            "UPDATE workshop_device SET last_seq = 2, last_seal = %(seal)s"
            " WHERE id = %(device)s",
            seal=batch.prev,
        )

    def test_a_batch_that_a_lost_disk_followed_by_another_is_no_break(self):
        bay = self.first
        lost = bay.batch(bay.event(self.oil_job, "start", self.tess))
        with (
            patch.object(fold, "judge", side_effect=RuntimeError("broken")),
            mute_logger("odoo.addons.workshop_order.floor.record"),
        ):
            [outcome] = bay.deliver(lost.encode().decode()).outcomes
        self.assertEqual(outcome.result, "retry")
        bay.seq -= 1
        bay.send(bay.event(self.oil_job, "finish", self.tess))
        self.assertEqual(
            self.env["workshop.batch"].search_count(
                [("device_id", "=", self.device.id), ("first", "=", 4)]
            ),
            2,
        )
        self.assertIs(self.device._verify_line(), True)

    def test_a_stores_verification_looks_at_its_devices(self):
        check = self.env["workshop.evidence.check"].create(
            {"company_id": self.store.id, "date_from": "2001-01-01"}
        )
        self._own(
            "DELETE FROM workshop_event WHERE device_id = %(device)s AND seq = 3",
            device=self.device.id,
        )
        check.action_start()
        while check.state == "running":
            check._run_some()
        self.assertEqual((check.broken, check.checked), (1, check.total))
        self.assertRegex(check.verdict, "event 3")
        self.assertFalse(check.broken_order_id)

    def test_it_is_for_who_sees_the_device(self):
        self.assertIs(self.device.with_user(self.manager)._verify_line(), True)
        for user in (self.technician, self.stranger):
            with self.assertRaises(AccessError):
                self.device.with_user(user)._verify_line()
