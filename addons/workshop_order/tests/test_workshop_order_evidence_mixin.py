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
            "ALTER TABLE workshop_event DISABLE TRIGGER USER;"
            "ALTER TABLE workshop_event_media_rel DISABLE TRIGGER USER"
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

    def test_a_typed_row_that_shows_other_than_its_bytes_is_named(self):
        for column, value in (("note", "'paid'"), ("user_id", str(self.lead.id))):
            with self.env.cr.savepoint() as savepoint:
                self._tamper(
                    f"UPDATE workshop_event SET {column} = {value}"
                    " WHERE order_id = %(order)s AND chain_index = 1"
                )
                self.assertRegex(
                    self.order._verify_chain(), "Link 1 of .*shows another"
                )
                savepoint.rollback()

    def test_what_the_customer_was_shown_is_compared(self):
        self.env.cr.execute(
            "ALTER TABLE workshop_authorisation DISABLE TRIGGER USER;"
            "UPDATE workshop_authorisation SET content = content || ' '"
        )
        self.env.invalidate_all()
        self.assertRegex(self.order._verify_evidence(), "shown or signed")

    def test_the_database_refuses_every_change_of_evidence(self):
        for query in (
            "UPDATE workshop_event SET note = 'x'",
            "DELETE FROM workshop_event",
            "TRUNCATE workshop_event CASCADE",
            "UPDATE workshop_event_media_rel SET media_id = media_id",
            "DELETE FROM workshop_event_media_rel",
            "TRUNCATE workshop_event_media_rel",
            "UPDATE workshop_authorisation SET content = 'x'",
            "DELETE FROM workshop_authorisation",
            "TRUNCATE workshop_authorisation CASCADE",
            "DELETE FROM workshop_authorisation_job_rel",
        ):
            self._assert_append_only(query)

    def test_another_stores_evidence_is_not_for_everybody(self):
        with self.assertRaises(AccessError):
            self.order.with_user(self.stranger).action_verify_evidence()
