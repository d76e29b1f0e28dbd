import logging
import os
import resource
import time

from odoo.tests import tagged

from .common import WorkshopEdgeCommon

_logger = logging.getLogger(__name__)

ORDERS = int(os.environ.get("WORKBAY_CHECKPOINT_ORDERS", "5000"))
DAY = ORDERS // 50
"""Orders that grew on the second day."""


@tagged("post_install", "-at_install", "-standard", "workshop_bench")
class TestCheckpointCost(WorkshopEdgeCommon):
    """What the first checkpoint over many orders costs, and a day's after it."""

    def _copy(self, table, **values):
        """``ORDERS`` more rows like the first order's, with these SQL expressions."""
        self.env.cr.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = %s AND column_name <> 'id'",
            [table],
        )
        columns = [row[0] for row in self.env.cr.fetchall()]
        wanted = ", ".join(values.get(name, f"t.{name}") for name in columns)
        key = "id" if table == "workshop_order" else "order_id"
        self.env.cr.execute(
            f"INSERT INTO {table} ({', '.join(columns)})"
            f" SELECT {wanted} FROM {table} t, generate_series(1, {ORDERS}) n"
            f" WHERE t.{key} = %s",
            [self.order.id],
        )

    def _measure(self, what, work):
        begin, before = time.perf_counter(), _peak_mb()
        done = work()
        seconds = time.perf_counter() - begin
        grown = _peak_mb() - before
        _logger.info("%s: %.1f s, %.0f MB more at its peak", what, seconds, grown)
        return done, seconds, grown

    def test_many_orders(self):
        self.env.flush_all()
        self.env.cr.execute(
            "ALTER TABLE workshop_order ALTER sale_order_id DROP NOT NULL"
        )
        self._copy(
            "workshop_order",
            name="t.name || '-' || n",
            sheet_hash="md5(n::text) || md5((-n)::text)",
            sale_order_id="NULL",
            reception_key="t.reception_key || '-' || n",
        )
        self.env.cr.execute("SELECT max(id) FROM workshop_order")
        last = self.env.cr.fetchone()[0]
        self._copy("workshop_order_floor", order_id=f"{last - ORDERS} + n")
        self.env.cr.execute("ANALYZE workshop_order_floor")
        self.env.invalidate_all()
        checkpoints = self.env["workshop.checkpoint"]
        first, seconds, grown = self._measure("First checkpoint", checkpoints._fold)
        self.assertGreaterEqual(first.count, ORDERS)
        self.assertLess(seconds, 60)
        self.assertLess(grown, 400)
        self.env.cr.execute(
            "UPDATE workshop_order_floor SET chain_count = chain_count + 1"
            " WHERE order_id > %s",
            [last - DAY],
        )
        self.env.cr.execute("ANALYZE workshop_checkpoint_leaf")
        second, seconds, grown = self._measure("A day's checkpoint", checkpoints._fold)
        self.assertEqual(second.count, DAY)
        self.assertLess(seconds, 20)
        verdict, seconds, grown = self._measure(
            "Verifying both", checkpoints._verify_statements
        )
        self.assertIs(verdict, True)


def _peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
