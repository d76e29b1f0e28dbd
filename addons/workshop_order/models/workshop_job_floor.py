from odoo import fields, models

from ..fields import BigInteger


class WorkshopJobFloor(models.Model):
    """Where a job stands on the floor; changes by recorded events only."""

    _name = "workshop.job.floor"
    _description = "Workshop Job on the Floor"
    _log_access = False
    _rec_name = "job_id"

    job_id = fields.Many2one(
        "workshop.job", required=True, readonly=True, ondelete="restrict"
    )
    order_id = fields.Many2one(
        "workshop.order", required=True, readonly=True, index=True, ondelete="restrict"
    )
    node = fields.Char("Last Node", readonly=True)
    phase = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("in_progress", "In Progress"),
            ("paused", "Paused"),
            ("done", "Done"),
            ("qc_passed", "QC Passed"),
        ],
        required=True,
        readonly=True,
        default="waiting",
    )
    running_user_id = fields.Many2one(
        "res.users", "Working Now", readonly=True, ondelete="restrict"
    )
    since_ms = BigInteger("Clock Runs Since (ms)", readonly=True, aggregator=None)
    worked_ms = BigInteger("Worked (ms)", readonly=True)
    workers = fields.Json(readonly=True, help="Ids of all persons who worked on it.")

    checks = fields.Json("Steps Checked off", readonly=True)
    settled = fields.Json("Values Settled by the Office", readonly=True)

    facts = fields.Json("Gates Opened by the Office", readonly=True)
    facts_ever = fields.Json("Gates That Were Open Once", readonly=True)

    _job_uniq = models.Constraint("UNIQUE (job_id)", "One floor row per job.")
    # The last guard of "one running job per person, over all stores".
    _running_uniq = models.UniqueIndex(
        "(running_user_id) WHERE running_user_id IS NOT NULL",
        "This person is already working on another job.",
    )
