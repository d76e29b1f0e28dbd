from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import WorkshopEdgeCommon


@tagged("post_install", "-at_install")
class TestWorkshopBatch(WorkshopEdgeCommon):
    def setUp(self):
        super().setUp()
        bay = self.first
        bay.send(
            bay.event(self.oil_job, "start", self.tess),
            bay.event(self.oil_job, "pause", self.tess, reason="parts"),
        )
        self.batch = self.order.event_ids.batch_id

    def test_a_batch_proves_its_events(self):
        self.assertEqual((self.batch.first, self.batch.count), (1, 2))
        self.assertIs(self.batch._verify(), True)

    def test_what_was_altered_since_is_named(self):
        self.env.cr.execute(
            "ALTER TABLE workshop_event DISABLE TRIGGER USER;"
            "UPDATE workshop_event SET raw = raw || ' '"
            " WHERE batch_id = %s AND seq = 2",
            [self.batch.id],
        )
        self.env.invalidate_all()
        self.assertIn("Event 2 is not", self.batch._verify())

    def test_a_forged_signature_is_named(self):
        self.env.cr.execute(
            "ALTER TABLE workshop_batch DISABLE TRIGGER USER;"
            "UPDATE workshop_batch SET signature = %s WHERE id = %s",
            ["0" * 128, self.batch.id],
        )
        self.env.invalidate_all()
        self.assertIn("did not sign", self.batch._verify())

    def test_it_stays(self):
        with self.assertRaises(UserError):
            self.batch.write({"count": 3})
        with self.assertRaises(UserError):
            self.batch.unlink()

    def test_the_database_keeps_it_as_well(self):
        self.env["workshop.dead.letter"]._note("x", "malformed")
        for query in (
            "UPDATE workshop_batch SET count = 3",
            "DELETE FROM workshop_batch",
            "TRUNCATE workshop_batch CASCADE",
            "UPDATE workshop_dead_letter SET payload = 'y'",
            "UPDATE workshop_dead_letter SET attempts = 5, code = 'seal'",
            "DELETE FROM workshop_dead_letter",
            "TRUNCATE workshop_dead_letter CASCADE",
        ):
            self._assert_append_only(query)

    def test_it_is_the_stores_managers_to_read(self):
        self.assertEqual(self.batch.with_user(self.manager).count, 2)
        for user in (self.technician, self.stranger):
            with self.assertRaises(AccessError):
                self.batch.with_user(user).read(["count"])
