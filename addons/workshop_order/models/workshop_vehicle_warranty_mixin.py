from odoo import api, fields, models


class WorkshopVehicleWarrantyMixin(models.AbstractModel):
    """What was done to a car, and what of it would be made good for nothing."""

    _name = "workshop.vehicle.warranty.mixin"
    _description = "Workshop Vehicle Warranty"

    warranty_job_ids = fields.Many2many(
        "workshop.job", string="Under Warranty", compute="_compute_warranty_job_ids"
    )

    @api.depends_context("uid")
    def _compute_warranty_job_ids(self):
        for vehicle in self:
            jobs = vehicle._origin._done_jobs() if vehicle._origin else False
            # Those of other stores come up at reception, without their order.
            vehicle.warranty_job_ids = jobs and jobs.filtered("warranty").with_env(
                self.env
            )._filtered_access("read")

    def _done_jobs(self):
        """The newest finished job of each service, the newest first.

        :return: jobs, of every store, with sudo: the chain answers for all of them.
        """
        self.ensure_one()
        _done, jobs = self._newest_done()
        return jobs.sorted("finished_at", reverse=True)

    def _tell_done(self, day, odometer):
        """What was done to the car and could be made good, for whoever receives it.

        :return: dictionaries of ``job_id``, ``name``, ``done``, ``store``, ``by`` and
            ``warranty`` (what is left of it in words; empty where it is over).
        """
        self.ensure_one()
        rows = []
        for job in self._done_jobs():
            workers = job.env["res.users"].browse(job.floor_id.workers or [])
            rows.append(
                {
                    "job_id": job.id,
                    "name": job.name,
                    "done": job.company_id._workshop_clock(job.finished_at),
                    "store": job.company_id.name,
                    "by": ", ".join(workers.mapped("name")),
                    "warranty": job._warranty_text(day, odometer),
                }
            )
        # Under warranty first; else as it was.
        return sorted(rows, key=lambda row: not row["warranty"])
