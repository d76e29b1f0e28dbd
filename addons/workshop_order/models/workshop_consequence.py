import logging
from collections import Counter, defaultdict
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, LockError

from workbay_contract import steps

_logger = logging.getLogger(__name__)

# Orders of one transaction: more would hold their locks for longer, and win little.
BATCH = 10
# So often an order may be in use in one run before it has to wait like a failure.
MAX_CONFLICTS = 20
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
        [
            ("floor", "Floor Changed"),
            ("held", "Event Held or Rejected"),
            ("media", "Photo or Video Verified"),
        ],
        required=True,
        readonly=True,
    )
    attempts = fields.Integer(readonly=True, default=0)
    next_at = fields.Datetime("Again At", readonly=True)
    error = fields.Text(readonly=True)

    @api.model
    def _queue(self, order, kind):
        """Have what follows drawn once this transaction has committed."""
        self.env.cr.execute(
            "INSERT INTO workshop_consequence (order_id, kind) VALUES (%s, %s)",
            [order.id, kind],
        )
        self._trigger()

    @api.model
    def _trigger(self):
        """Have the queue looked at once this transaction has committed.

        A trigger that nobody has taken yet does for us as well, and waking the
        scheduler costs more than a call with many events. The lock makes that sure:
        whoever takes the trigger deletes it before it looks at the queue, so it waits
        for us and sees our rows; one that is being taken is passed over. An old one
        is not relied upon: whoever made it may have died before he woke anybody.
        """
        # sudo: whoever records an event lets its consequences follow.
        cron = self.env.ref("workshop_order.workshop_consequence_cron").sudo()
        self.env.cr.execute(
            """
            SELECT 1
              FROM ir_cron_trigger
             WHERE cron_id = %s
               AND call_at <= clock_timestamp() AT TIME ZONE 'UTC'
               AND call_at > clock_timestamp() AT TIME ZONE 'UTC' - interval '5 s'
             LIMIT 1
               FOR KEY SHARE SKIP LOCKED
            """,
            [cron.id],
        )
        if not self.env.cr.fetchone():
            cron._trigger()

    @api.model
    def _cron_run(self):
        """Draw what is due, a few orders in each transaction, until nothing is left.

        What somebody else holds is put off until the rest is drawn, and then waited
        for in the database, at most a second at a time.
        """
        progress = self.env["ir.cron"]._commit_progress
        busy, conflicts = [], Counter()
        while True:
            if due := self._due_orders(BATCH, busy):
                # Those that met somebody else go alone, lest they hold up the others.
                due = [order for order in due if order not in conflicts] or due[:1]
                late = self._run_orders(due)
                conflicts.update(late)
                for order_id in [o for o in late if conflicts[o] >= MAX_CONFLICTS]:
                    late.remove(order_id)
                    self._note_failure(order_id, self.env._("The order is in use."))
                busy += late
                drawn = len(due) - len(late)
            elif busy:
                self._await_order(busy[0])
                busy, drawn = [], 0
            else:
                return
            if not progress(drawn, remaining=self._due_count()):
                # Odoo puts a job whose time is up at the end of its queue, but wakes
                # nobody for it: it would lie there until the next minute's look.
                self._trigger()
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
    def _run_orders(self, order_ids):
        """Draw these orders' consequences together, or note why they could not be.

        :return: the orders that have to wait because somebody else works on them.
        """
        try:
            with self.env.cr.savepoint():
                orders = self.env["workshop.order"].browse(order_ids)
                free = orders.try_lock_for_update(allow_referencing=True)
                self._drain(free.ids)
        except (OperationalError, LockError, ConcurrencyError):
            # Their rows stay. What changed meanwhile is seen by the next transaction.
            _logger.info("Consequences of orders %s wait: in use", order_ids)
            return list(order_ids)
        # A queue's top: one order's trouble must not keep the others waiting.
        except Exception as error:
            if len(order_ids) > 1:
                return [
                    late
                    for order_id in order_ids
                    for late in self._run_orders([order_id])
                ]
            _logger.exception("Consequences of order %s could not be drawn", *order_ids)
            self._note_failure(order_ids[0], error)
            return []
        return [order_id for order_id in order_ids if order_id not in free.ids]

    @api.model
    def _await_order(self, order_id):
        """Return when nobody else holds the order any more, or after a second."""
        try:
            with self.env.cr.savepoint():
                self.env.cr.execute("SET LOCAL lock_timeout = '1s'")
                self.env.cr.execute(
                    "SELECT 1 FROM workshop_order WHERE id = %s FOR NO KEY UPDATE",
                    [order_id],
                    log_exceptions=False,
                )
        except OperationalError:
            # Still held, or changed by whoever held it: both are seen next time.
            _logger.debug("Order %s was in use", order_id)

    @api.model
    def _await_drawing(self, order_ids):
        """Return when nobody else draws what follows for these orders.

        :raises OperationalError: somebody did so meanwhile; this transaction cannot see
            it, so the call has to be begun anew, as Odoo does.
        """
        self.flush_model()
        self.env.cr.execute(
            """
            SELECT 1
              FROM workshop_consequence
             WHERE order_id = ANY(%s)
             ORDER BY id
               FOR UPDATE
            """,
            [list(order_ids)],
            log_exceptions=False,
        )

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
        due = defaultdict(set)
        for order_id, kind in self.env.cr.fetchall():
            due[kind].add(order_id)
        self.invalidate_model()
        Order = self.env["workshop.order"]
        Order.browse(sorted(due["floor"]))._apply_floor_consequences()
        for order in Order.browse(sorted(due["held"])):
            order.with_company(order.company_id)._notify_held()
        # By now every event that names the same bytes is seen, of whichever order.
        come = Order.browse(sorted(due["media"])).event_ids.media_ids
        come.event_ids.job_id._update_gates()
        Order.browse(sorted(set().union(*due.values())))._announce_floor()
        self.env.flush_all()
        steps.reached("odoo.consequence.before_commit")

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
