from odoo import api, fields, models
from odoo.exceptions import UserError


class WorkshopJobStageMixin(models.AbstractModel):
    """A job's way in one word: what was agreed, done, checked and billed."""

    _name = "workshop.job.stage.mixin"
    _description = "Workshop Job Stage"

    stage = fields.Selection(
        [
            ("proposed", "Proposed"),
            ("declined", "Declined"),
            ("deferred", "Deferred"),
            ("withdrawn", "Withdrawn"),
            ("authorised", "Authorised"),
            ("in_progress", "In Progress"),
            ("done", "Done"),
            ("qc_passed", "QC Passed"),
            ("billed", "Billed"),
        ],
        compute="_compute_stage",
        compute_sudo=True,
    )

    @api.depends("state", "phase", "line_ids.qty_invoiced")
    def _compute_stage(self):
        for job in self:
            if job.state != "authorised":
                job.stage = job.state
            elif job.phase == "qc_passed" and job._is_billed():
                job.stage = "billed"
            elif job.phase in ("done", "qc_passed"):
                job.stage = job.phase
            elif job.phase in ("in_progress", "paused"):
                job.stage = "in_progress"
            else:
                job.stage = "authorised"

    def _stage(self):
        """The stage in the user's language."""
        self.ensure_one()
        labels = dict(self._fields["stage"]._description_selection(self.env))
        return labels.get(self.stage, "")

    def _is_billed(self):
        # sudo: what was billed decides what may still happen, whoever asks.
        return any(line.qty_invoiced for line in self.sudo().line_ids)

    def _check_not_billed(self):
        for job in self:
            if job._is_billed():
                raise UserError(
                    self.env._(
                        "%(job)s is billed: refund it first, or work on it anew.",
                        job=job.display_name,
                    )
                )
