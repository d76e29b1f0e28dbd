from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import WorkshopOrderCommon


@tagged("post_install", "-at_install")
class TestWorkshopOrderEvidence(WorkshopOrderCommon):
    def setUp(self):
        super().setUp()
        self.order = self._receive().sudo()
        self.order.action_authorise()
        self._confirm(self.order.job_ids, "start", self.technician)
        self._confirm(self.order.job_ids, "finish", self.technician, b"photo")

    def _tamper(self, query):
        """What only whoever owns the database can do: past the trigger."""
        self.env.cr.execute(
            "ALTER TABLE workshop_event"
            " DROP CONSTRAINT workshop_event_chain_complete;"
            "DROP TRIGGER workshop_event_append_only_row ON workshop_event"
        )
        self.env.cr.execute(query, {"order": self.order.id})

    def test_an_untouched_chain_holds(self):
        self.assertIs(self.order._verify_chain(), True)
        action = self.order.with_user(self.technician).action_verify_evidence()
        self.assertIn("All 3 links", action["params"]["message"])

    def test_changed_bytes_are_named(self):
        self._tamper(
            "UPDATE workshop_event SET raw = raw || ' '"
            " WHERE order_id = %(order)s AND chain_index = 2"
        )
        self.assertRegex(self.order._verify_chain(), "Link 2 of .*bytes")
        with self.assertRaisesRegex(UserError, "Link 2"):
            self.order.action_verify_evidence()

    def test_a_changed_time_is_named(self):
        self._tamper(
            "UPDATE workshop_event SET occurred_ms = occurred_ms - 1000"
            " WHERE order_id = %(order)s AND chain_index = 1"
        )
        self.assertRegex(self.order._verify_chain(), "Link 1 of .*does not hold")

    def test_a_missing_link_is_named(self):
        self._tamper(
            "UPDATE workshop_event"
            " SET chain_index = NULL, chain_hash = NULL, effect = 'none'"
            " WHERE order_id = %(order)s AND chain_index = 1"
        )
        self.assertRegex(self.order._verify_chain(), "Link 1 of .*missing")

    def test_a_chain_cut_at_its_end_is_named(self):
        self._tamper(
            "DELETE FROM workshop_event_media_rel;"
            "DELETE FROM workshop_event"
            " WHERE order_id = %(order)s AND chain_index = 3"
        )
        self.assertRegex(self.order._verify_chain(), "ends after link 2")

    def test_another_stores_evidence_is_not_for_everybody(self):
        with self.assertRaises(AccessError):
            self.order.with_user(self.stranger).action_verify_evidence()
