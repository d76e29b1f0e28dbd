from psycopg2.errors import UniqueViolation

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..floor.record import GUARDS
from .test_workshop_order_floor import APPLIED, FloorCommon

BUSY = ("retry", "none", "busy")


@tagged("post_install", "-at_install")
class TestFloorLocks(FloorCommon):
    """Rows that another transaction holds, as ``SKIP LOCKED`` passes over them."""

    def _locked(self, table, ids):
        """As if another transaction held these rows.

        A test's rows exist in its own transaction only, so no second one can hold
        them; what is asked is the query that skips them, which gets none.
        """
        cr = self.env.cr
        execute = type(cr).execute

        def skips(cursor, query, params=None, log_exceptions=True):
            if "SKIP LOCKED" in str(query) and f"FROM {table}" in str(query):
                params = [[n for n in params[0] if n not in ids]]
            return execute(cursor, query, params, log_exceptions)

        return self.patch(type(cr), "execute", skips)

    def test_a_locked_order_is_tried_again_and_its_bay_waits(self):
        other = self._receive(odometer=43_000).sudo()
        other.action_authorise()
        self.env.flush_all()
        self._locked("workshop_order_floor", self.order.ids)
        outcomes = self._record(
            self._fact(other.job_ids, "start", self.technician),
            self._fact(self.oil_job, "start", self.tom),
            self._fact(other.job_ids, "pause", self.technician, reason="parts"),
        )
        self.assertEqual(outcomes, [APPLIED, BUSY, BUSY])
        self.assertEqual(self.oil_job.phase, "waiting")

    def test_a_locked_person_is_tried_again(self):
        self._record(self._fact(self.oil_job, "start", self.technician))
        self._locked("workshop_person_floor", self.technician.ids)
        outcomes = self._record(
            self._fact(self.oil_job, "pause", self.technician, reason="parts")
        )
        self.assertEqual(outcomes, [BUSY])

    def test_the_database_keeps_a_person_from_two_running_jobs(self):
        with (
            self.assertRaises(UniqueViolation) as caught,
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(
                "UPDATE workshop_job_floor SET running_user_id = %s"
                " WHERE order_id = %s",
                [self.technician.id, self.order.id],
            )
        self.assertIn(caught.exception.diag.constraint_name, GUARDS)
