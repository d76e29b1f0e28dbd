from odoo import api, fields, models

WHOLE = 10_000


def split_whole(weights):
    """Shares of 1/10,000 by weight that add up, by the largest remainder.

    :param weights: by key; where all are 0, all count the same.
    """
    if not weights:
        return {}
    if not sum(weights.values()):
        weights = dict.fromkeys(weights, 1)
    total = sum(weights.values())
    shares = {key: weight * WHOLE // total for key, weight in weights.items()}
    rest = WHOLE - sum(shares.values())
    order = sorted(weights, key=lambda key: (-(weights[key] * WHOLE % total), key))
    for key in order[:rest]:
        shares[key] += 1
    return shares


class WorkshopJob(models.Model):
    """Who did how much of a job, and what it waited for, from its events."""

    _inherit = "workshop.job"

    clock_ids = fields.One2many(
        "workshop.job.clock", "job_id", "Working and Waiting Times", readonly=True
    )
    share_text = fields.Char("Shares of the Work", compute="_compute_clocks")
    waited_text = fields.Char("Waited for", compute="_compute_clocks")

    @api.depends("floor_id.node")
    @api.depends_context("lang")
    def _compute_clocks(self):
        reasons = dict(
            self.env["workshop.job.clock"]
            ._fields["reason"]
            ._description_selection(self.env)
        )
        waits = self._waited_hours()
        shares = self._shares()
        names = self.env["res.users"].sudo()  # sudo: as on the timeline
        for job in self:
            job.share_text = ", ".join(
                f"{names.browse(user).name} {share / 100:g} %"
                for user, share in shares.get(job.id, {}).items()
            )
            job.waited_text = ", ".join(
                f"{reasons.get(reason, reason)} {hours:.1f} h"
                for reason, hours in waits.get(job.id, {}).items()
            )

    def _shares(self):
        """By job, each person's share of its working time in 1/10,000."""
        worked = {}
        for job_id, user_id, ms in self._spans(
            "job_id, user_id, sum(coalesce(stop_ms, start_ms) - start_ms)",
            "kind = 'work'",
            "job_id, user_id",
        ):
            worked.setdefault(job_id, {})[user_id] = int(ms)
        return {job_id: split_whole(weights) for job_id, weights in worked.items()}

    def _waited_hours(self):
        """By job, the hours that it waited for each reason."""
        waited = {}
        for job_id, reason, hours in self._spans(
            "job_id, reason, sum(hours)", "kind = 'wait'", "job_id, reason"
        ):
            waited.setdefault(job_id, {})[reason] = float(hours)
        return waited

    def _spans(self, columns, condition, grouping):
        self.env.cr.execute(
            f"SELECT {columns} FROM workshop_job_clock"
            f" WHERE job_id = ANY(%s) AND {condition} GROUP BY {grouping}"
            f" ORDER BY {grouping}",
            [self.ids],
        )
        return self.env.cr.fetchall()
