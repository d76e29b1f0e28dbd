from odoo import fields, models
from odoo.exceptions import UserError


class WorkshopJobPackageMixin(models.AbstractModel):
    """Jobs that were proposed together for one price, which holds for all or none."""

    _name = "workshop.job.package.mixin"
    _description = "Workshop Job Package"

    package_id = fields.Many2one(
        "workshop.service.package",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="What the job costs is its share of the package's price.",
    )
    package_name = fields.Char("Name of the Package", related="package_id.name")

    def _check_packages_whole(self):
        """Nobody takes a package's price for a part of it."""
        for package, jobs in self.grouped("package_id").items():
            missing = jobs._package_mates().filtered(
                lambda job: job.state in ("proposed", "declined", "deferred")
            )
            if package and missing:
                raise UserError(
                    self.env._(
                        "%(package)s is agreed to as a whole, and %(jobs)s is part of"
                        " it. Have that declined first: the others then cost what they"
                        " cost alone.",
                        package=package.name,
                        jobs=", ".join(missing.mapped("name")),
                    )
                )

    def _package_mates(self):
        """The other jobs of these jobs' packages, on the same order."""
        return self.order_id.job_ids.filtered(
            lambda job: job.package_id in self.package_id
            and job.state != "withdrawn"
            and job not in self
        )

    def _leave_packages(self):
        """What is left of a package that was given up in part has no special price.

        What the customer agreed to already has to be authorised again then, and what
        was billed stays as it was billed.
        """
        for order, jobs in self.filtered("package_id").grouped("order_id").items():
            for package, leaving in jobs.grouped("package_id").items():
                rest = leaving._package_mates()
                if not rest:
                    continue
                for job in (leaving | rest).filtered(lambda job: not job._is_billed()):
                    job._put({"package_id": False})
                    job._set_labour_price(
                        job.version_id._get_price(job.vehicle_id, job.company_id)
                    )
                order.message_post(
                    body=self.env._(
                        "%(package)s was given up in part: %(jobs)s costs what it costs"
                        " alone.",
                        package=package.name,
                        jobs=", ".join(rest.mapped("name")),
                    )
                )
