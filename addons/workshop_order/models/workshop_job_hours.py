from odoo import fields, models, tools


class WorkshopJobHours(models.Model):
    """Actual against standard hours, for each person on each job.

    A person's part of the standard is by the shares that the lead set, or by the time
    that was worked.
    """

    _name = "workshop.job.hours"
    _description = "Actual and Standard Hours"
    _auto = False
    _order = "job_id desc, id"
    _rec_name = "job_id"

    job_id = fields.Many2one("workshop.job", readonly=True)
    order_id = fields.Many2one("workshop.order", "Work Order", readonly=True)
    company_id = fields.Many2one("res.company", "Store", readonly=True)
    service_id = fields.Many2one("workshop.service", readonly=True)
    is_off_standard = fields.Boolean("Off-standard", readonly=True)
    user_id = fields.Many2one("res.users", "Person", readonly=True)
    finished_at = fields.Datetime("Finished", readonly=True)
    share = fields.Float("Share (%)", readonly=True, aggregator=None)
    standard_hours = fields.Float(readonly=True)
    actual_hours = fields.Float(readonly=True)
    difference = fields.Float(
        "Over Standard", readonly=True, help="Hours worked beyond the standard's."
    )

    def init(self):
        tools.drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(
            """
            CREATE VIEW workshop_job_hours AS
            WITH worked AS (
                SELECT job_id, user_id, sum(hours) AS hours
                  FROM workshop_job_clock
                 WHERE kind = 'work'
                 GROUP BY job_id, user_id
            ), agreed AS (
                SELECT job.id AS job_id, part.key::int AS user_id,
                       part.value::numeric / 10000 AS share
                  FROM workshop_job job
                 CROSS JOIN LATERAL jsonb_each_text(job.shares_set) part
                 WHERE jsonb_typeof(job.shares_set) = 'object'
            ), rows AS (
                SELECT coalesce(agreed.job_id, worked.job_id) AS job_id,
                       coalesce(agreed.user_id, worked.user_id) AS user_id,
                       agreed.share,
                       coalesce(worked.hours, 0) AS hours
                  FROM agreed
                  FULL JOIN worked USING (job_id, user_id)
            ), parts AS (
                SELECT rows.job_id, rows.user_id, rows.hours,
                       CASE
                           WHEN bool_or(rows.share IS NOT NULL) OVER job
                           THEN coalesce(rows.share, 0)
                           WHEN sum(rows.hours) OVER job > 0
                           THEN rows.hours / sum(rows.hours) OVER job
                           ELSE 1.0 / count(*) OVER job
                       END AS share
                  FROM rows
                WINDOW job AS (PARTITION BY rows.job_id)
            )
            SELECT row_number() OVER (ORDER BY parts.job_id, parts.user_id) AS id,
                   parts.job_id, parts.user_id, job.order_id, job.company_id,
                   job.service_id, job.is_off_standard, job.finished_at,
                   parts.share * 100 AS share,
                   job.hours * parts.share AS standard_hours,
                   parts.hours AS actual_hours,
                   parts.hours - job.hours * parts.share AS difference
              FROM parts
              JOIN workshop_job job ON job.id = parts.job_id
            """
        )
