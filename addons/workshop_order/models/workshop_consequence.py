import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import LockError

_logger = logging.getLogger(__name__)

BATCH = 50
BACK_OFF = (10, 60, 300, 1800, 7200)


class WorkshopConsequence(models.Model):
    """What has still to follow from recorded events, per order and kind.

    Recording only ever adds rows, in its own transaction, so it never waits for a
    consequence that is being drawn. Whoever draws an order's consequences takes all of
    its rows at once: however many events came in, they are drawn once. A crash before
    that commits leaves the rows where they were.
    """

    _name = "workshop.consequence"
    _description = "Workshop Consequence to Draw"
    _log_access = False
    _order = "id"
    _rec_name = "order_id"

    order_id = fields.Many2one(
        "workshop.order", required=True, readonly=True, index=True, ondelete="cascade"
    )
    kind = fields.Selection(
        [("floor", "Floor Changed"), ("held", "Event Held")],
        required=True,
        readonly=True,
    )
    attempts = fields.Integer(readonly=True, default=0)
    next_at = fields.Datetime("Again At", readonly=True)
    error = fields.Text(readonly=True)

    @api.model
    def _trigger(self):
        # sudo: whoever records an event lets its consequences follow.
        self.env.ref("workshop_order.workshop_consequence_cron").sudo()._trigger()

    @api.model
    def _cron_run(self):
        """Draw what is due, order by order, each in a transaction of its own."""
        progress = self.env["ir.cron"]._commit_progress
        done = set()
        while order_ids := self._due_orders(BATCH, done):
            for order_id in order_ids:
                self._run_order(order_id)
                done.add(order_id)
                if not progress(1, remaining=self._due_count()):
                    return

    def action_retry(self):
        """Draw these again now, whatever their back-off."""
        self.write({"next_at": False})
        self._trigger()

    @api.model
    def _due_orders(self, limit, done=()):
        self.flush_model()
        self.env.cr.execute(
            """
            SELECT order_id
              FROM workshop_consequence
             WHERE (next_at IS NULL OR next_at <= clock_timestamp() AT TIME ZONE 'UTC')
               AND order_id <> ALL(%s)
             GROUP BY order_id
             ORDER BY min(id)
             LIMIT %s
            """,
            [list(done), limit],
        )
        return [row[0] for row in self.env.cr.fetchall()]

    @api.model
    def _due_count(self):
        self.flush_model()
        self.env.cr.execute(
            """
            SELECT count(DISTINCT order_id)
              FROM workshop_consequence
             WHERE next_at IS NULL OR next_at <= clock_timestamp() AT TIME ZONE 'UTC'
            """
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _run_order(self, order_id):
        """Draw one order's consequences, or note why they could not be drawn."""
        try:
            with self.env.cr.savepoint():
                self._drain([order_id])
        except (OperationalError, LockError):
            # Somebody else works on the order: its rows stay, the next run comes.
            _logger.info("Consequences of order %s wait: it is locked", order_id)
        # A queue's top: one order's trouble must not keep the others waiting.
        except Exception as error:
            _logger.exception("Consequences of order %s could not be drawn", order_id)
            self._note_failure(order_id, error)

    @api.model
    def _drain(self, order_ids):
        """Take these orders' rows and draw their consequences, in this transaction."""
        self.env.cr.execute(
            """
            DELETE FROM workshop_consequence
             WHERE id IN (
                   SELECT id FROM workshop_consequence
                    WHERE order_id = ANY(%s)
                    ORDER BY id
                      FOR UPDATE SKIP LOCKED
                   )
            RETURNING order_id, kind
            """,
            [list(order_ids)],
        )
        kinds = {}
        for order_id, kind in self.env.cr.fetchall():
            kinds.setdefault(order_id, set()).add(kind)
        self.invalidate_model()
        for order_id, due in sorted(kinds.items()):
            order = self.env["workshop.order"].browse(order_id)
            order = order.with_company(order.company_id)
            if "floor" in due:
                order._apply_floor_consequences()
            if "held" in due:
                order._notify_held()
        self.env.flush_all()

    @api.model
    def _note_failure(self, order_id, error):
        """Keep one row per kind, with the error and the time of the next attempt."""
        rows = self.search([("order_id", "=", order_id)])
        for kind in set(rows.mapped("kind")):
            first, *later = rows.filtered(lambda row, kind=kind: row.kind == kind)
            for row in later:
                row.unlink()
            wait = BACK_OFF[min(first.attempts, len(BACK_OFF) - 1)]
            first.write(
                {
                    "attempts": first.attempts + 1,
                    "next_at": fields.Datetime.now() + timedelta(seconds=wait),
                    "error": str(error),
                }
            )
            self.env.ref("workshop_order.workshop_consequence_cron")._trigger(
                at=first.next_at
            )
