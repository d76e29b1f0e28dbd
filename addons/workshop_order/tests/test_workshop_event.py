from psycopg2.errors import InsufficientPrivilege

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import WorkshopOrderCommon


@tagged("post_install", "-at_install")
class TestWorkshopEvent(WorkshopOrderCommon):
    def setUp(self):
        super().setUp()
        self.order = self._receive().sudo()
        self.order.action_authorise()
        self.job = self.order.job_ids
        self._confirm(self.job, "start", self.technician)
        self.event = self.order.event_ids

    def _refuses(self, query):
        with (
            self.assertRaises(InsufficientPrivilege),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(query, [self.event.id])

    def test_not_even_the_superuser_changes_the_log(self):
        self.assertTrue(self.env.su)
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            self.event.write({"reason": "other"})
        with self.assertRaisesRegex(UserError, "nothing can be deleted"):
            self.event.unlink()

    def test_the_database_refuses_it_to_whoever_goes_past_odoo(self):
        self._refuses("UPDATE workshop_event SET raw = 'x' WHERE id = %s")
        self._refuses("DELETE FROM workshop_event WHERE id = %s")
        self._refuses("TRUNCATE workshop_event CASCADE; SELECT %s")

    def test_a_job_with_events_cannot_go(self):
        with self.assertRaises(UserError):
            self.job.unlink()

    def test_the_staff_of_the_store_reads_it_and_writes_nothing(self):
        for user in (self.technician, self.advisor, self.manager, self.cashier):
            event = self.event.with_user(user)
            self.assertEqual(event.node_name, "Start")
            for operation in ("write", "create", "unlink"):
                self.assertFalse(event.has_access(operation), (user.login, operation))

    def test_another_store_does_not_see_it(self):
        events = self.env["workshop.event"].with_user(self.stranger)
        self.assertFalse(events.search([("id", "=", self.event.id)]))
        with self.assertRaises(AccessError):
            self.event.with_user(self.stranger).read(["raw"])

    def test_floor_rows_are_for_the_own_store_to_look_at(self):
        for name in ("workshop.order.floor", "workshop.job.floor"):
            domain = [("order_id", "=", self.order.id)]
            own = self.env[name].with_user(self.technician)
            self.assertTrue(own.search(domain))
            self.assertFalse(own.has_access("write"))
            self.assertFalse(self.env[name].with_user(self.stranger).search(domain))
        self.assertFalse(
            self.env["workshop.person.floor"].with_user(self.manager).has_access("read")
        )

    def test_the_reason_of_a_refusal_is_said_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self._confirm(self.job, "finish", self.technician)
        event = self.order.event_ids.sorted("id")[-1]
        self.assertIn("Take 1 photo", event.with_context(lang="en_US").message)
        self.assertIn("照片", event.with_context(lang="zh_CN").message)
