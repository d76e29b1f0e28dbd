from odoo import fields, models, tools

from ..fields import BigInteger


class WorkshopJobClock(models.Model):
    """Spans of a job's life, derived from its events: who worked, what it waited for.

    What was corrected counts as if it had never been; what was applied late counts
    from when it happened.
    """

    _name = "workshop.job.clock"
    _description = "Working and Waiting Times"
    _auto = False
    _order = "start_ms, id"
    _rec_name = "job_id"

    job_id = fields.Many2one("workshop.job", readonly=True)
    order_id = fields.Many2one("workshop.order", "Work Order", readonly=True)
    company_id = fields.Many2one("res.company", "Store", readonly=True)
    kind = fields.Selection(
        [("work", "Working"), ("wait", "The Car Waits")], readonly=True
    )
    reason = fields.Selection(
        [
            ("parts", "Parts"),
            ("approval", "Approval"),
            ("bay", "Bay"),
            ("technician", "Technician"),
            ("customer", "Customer"),
            ("other", "Other"),
        ],
        "Waits for",
        readonly=True,
    )
    user_id = fields.Many2one("res.users", "Person", readonly=True)
    bay_id = fields.Many2one("workshop.bay", readonly=True)
    start_at = fields.Datetime("From", readonly=True)
    stop_at = fields.Datetime("To", readonly=True)
    start_ms = BigInteger("From (ms)", readonly=True, aggregator=None)
    stop_ms = BigInteger("To (ms)", readonly=True, aggregator=None)
    hours = fields.Float(readonly=True)

    def init(self):
        tools.drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(
            """
            CREATE VIEW workshop_job_clock AS
            WITH moved AS (
                SELECT e.id, e.job_id, e.order_id, e.company_id, e.user_id, e.bay_id,
                       e.clock, e.reason,
                       coalesce(e.effective_ms, e.occurred_ms) AS at
                  FROM workshop_event e
                 WHERE e.effect = 'applied' AND e.node IS NOT NULL
                   AND e.clock IN ('start', 'stop')
                   AND NOT EXISTS (
                       SELECT 1
                         FROM workshop_event undone
                        WHERE undone.target_id = e.id
                          AND undone.kind = 'correction'
                          AND undone.effect = 'applied'
                       )
            ), spans AS (
                SELECT moved.*,
                       lead(at) OVER job AS until,
                       lead(clock) OVER job AS following
                  FROM moved
                WINDOW job AS (PARTITION BY job_id ORDER BY id)
            )
            SELECT id, job_id, order_id, company_id, user_id, bay_id,
                   CASE clock WHEN 'start' THEN 'work' ELSE 'wait' END AS kind,
                   CASE clock WHEN 'stop' THEN reason END AS reason,
                   at AS start_ms,
                   greatest(until, at) AS stop_ms,
                   to_timestamp(at / 1000.0) AT TIME ZONE 'UTC' AS start_at,
                   to_timestamp(greatest(until, at) / 1000.0) AT TIME ZONE 'UTC'
                       AS stop_at,
                   greatest(
                       coalesce(until, (extract(epoch FROM now()) * 1000)::bigint) - at,
                       0
                   ) / 3600000.0 AS hours
              FROM spans
             WHERE (clock = 'start' AND following IS DISTINCT FROM 'start')
                OR (clock = 'stop' AND reason IS NOT NULL
                    AND following IS DISTINCT FROM 'stop')
            """
        )
