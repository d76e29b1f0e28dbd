from odoo import api, fields, models
from odoo.fields import Command


class WorkshopJobSplit(models.TransientModel):
    """Asks how a job is shared among those who did it."""

    _name = "workshop.job.split"
    _description = "Share a Job"

    job_id = fields.Many2one("workshop.job", required=True, ondelete="cascade")
    candidate_ids = fields.Many2many(
        "res.users", compute="_compute_candidate_ids", compute_sudo=True
    )
    line_ids = fields.One2many(
        "workshop.job.split.line",
        "split_id",
        "Shares",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )
    note = fields.Text("Why")

    @api.depends("job_id")
    def _compute_candidate_ids(self):
        for split in self:
            split.candidate_ids = split.job_id and split.job_id._share_candidates()

    @api.depends("job_id")
    def _compute_line_ids(self):
        for split in self:
            job = split.job_id
            shares = job._shares().get(job.id, {}) if job else {}
            split.line_ids = [Command.clear()] + [
                Command.create({"user_id": user, "percent": share / 100})
                for user, share in shares.items()
            ]

    def action_share(self):
        self.ensure_one()
        shares = {}
        for line in self.line_ids:
            share = round(line.percent * 100)
            shares[line.user_id.id] = shares.get(line.user_id.id, 0) + share
        self.job_id.set_shares(shares, self.note)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_by_clock(self):
        """Forget what was set: the clocks say who did how much."""
        self.ensure_one()
        self.job_id.set_shares({}, self.note)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
