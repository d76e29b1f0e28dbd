from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date


class WorkshopJobWarrantyMixin(models.AbstractModel):
    """Work that nobody pays for: made good, or a favour by HQ's standard."""

    _name = "workshop.job.warranty.mixin"
    _description = "Workshop Job Warranty"

    payer = fields.Selection(
        [
            ("customer", "Customer"),
            ("warranty", "Nobody: Warranty"),
            ("comeback", "Nobody: Comeback"),
            ("courtesy", "Nobody: Free of Charge"),
        ],
        "Paid by",
        required=True,
        readonly=True,
        copy=False,
        default="customer",
    )
    original_job_id = fields.Many2one(
        "workshop.job",
        "Done First As",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The job that has to be made good.",
    )
    original_user_ids = fields.Many2many(
        "res.users",
        string="Done First By",
        compute="_compute_original_user_ids",
        compute_sudo=True,
    )
    warranty = fields.Char(
        compute="_compute_warranty",
        compute_sudo=True,
        help="How long it would still be made good for nothing, as of today.",
    )

    _original_matches = models.Constraint(
        "CHECK ((payer IN ('warranty', 'comeback')) = (original_job_id IS NOT NULL))",
        "Warranty and comeback make another job good.",
    )

    @api.depends("original_job_id.floor_id.workers")
    def _compute_original_user_ids(self):
        for job in self:
            workers = job.original_job_id.floor_id.workers
            job.original_user_ids = [fields.Command.set(workers or [])]

    @api.depends("finished_at", "version_id")
    @api.depends_context("lang")
    def _compute_warranty(self):
        now = fields.Datetime.now()
        for job in self:
            day = job.company_id._workshop_day(now)
            job.warranty = job.finished_at and job._warranty_text(
                day, job.vehicle_id.last_reading
            )

    def _check_can_be_made_good(self, order, payer):
        """Whether this job may be done again for nothing under another order."""
        self.ensure_one()
        if (
            self.vehicle_id != order.vehicle_id
            or self.state != "authorised"
            or not self.finished_at
        ):
            raise UserError(
                self.env._(
                    "%(job)s was not done on %(vehicle)s.",
                    job=self.display_name,
                    vehicle=order.vehicle_id.display_name,
                )
            )
        day = order.company_id._workshop_day(order.received_at)
        if payer == "warranty" and not self._is_under_warranty(
            day, order.reading_id.value
        ):
            raise UserError(
                self.env._(
                    "The warranty on %(job)s is over: propose it as an ordinary job, or"
                    " as a comeback.",
                    job=self.display_name,
                )
            )
        open_again = self.again_job_ids.filtered(
            lambda job: job.state in ("proposed", "authorised") and not job.finished_at
        )
        if open_again:
            raise UserError(
                self.env._(
                    "%(job)s is being made good already, as %(again)s.",
                    job=self.display_name,
                    again=open_again[:1].display_name,
                )
            )

    def _is_under_warranty(self, day, odometer):
        """Whether time and distance since then are within what was promised.

        :param odometer: what the vehicle shows on that day.
        """
        until, left = self._warranty_left(odometer)
        return (
            (until is not None or left is not None)
            and (until is None or day <= until)
            and (left is None or left >= 0)
        )

    def _warranty_left(self, odometer):
        """Until which day the warranty runs and over how many kilometres more.

        Making good does not renew it: it runs from the job that was paid for.

        :return: day and distance, each None where nothing was promised of it.
        """
        self.ensure_one()
        paid = self
        while paid.original_job_id:
            paid = paid.original_job_id
        version = paid.version_id
        until = left = None
        if version.warranty_months and paid.finished_at:
            done = paid.company_id._workshop_day(paid.finished_at)
            until = done + relativedelta(months=version.warranty_months)
        if version.warranty_km:
            driven = paid.vehicle_id._distance_since(paid.order_id.reading_id, odometer)
            left = version.warranty_km - driven
        return until, left

    def _warranty_text(self, day, odometer):
        """What is left of the warranty in few words; nothing where it is over."""
        if not self._is_under_warranty(day, odometer):
            return ""
        until, left = self._warranty_left(odometer)
        parts = []
        if until is not None:
            parts.append(self.env._("until %s", format_date(self.env, until)))
        if left is not None:
            parts.append(self.env._("%s km more", f"{round(left):,}"))
        return " · ".join(parts)

    def _set_labour_price(self, price):
        """Have the labour cost this, as something agreed beyond the standard."""
        for job in self:
            job._labour_lines()._put({"workshop_price": price, "price_unit": price})

    def _set_free(self, payer, original=None):
        """Have nobody pay for these jobs."""
        self._put({"payer": payer, "original_job_id": original and original.id})
        lines = self.line_ids.filtered("product_id")
        lines._put({"workshop_price": 0, "price_unit": 0})
