from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError


class WorkshopJob(models.Model):
    """Work that nobody pays for, because the first time was not good enough."""

    _inherit = "workshop.job"

    payer = fields.Selection(
        [
            ("customer", "Customer"),
            ("warranty", "Nobody: Warranty"),
            ("comeback", "Nobody: Comeback"),
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
    again_job_ids = fields.One2many(
        "workshop.job", "original_job_id", "Made Good By", readonly=True
    )
    package_name = fields.Char("Package", readonly=True, copy=False)

    _original_matches = models.Constraint(
        "CHECK ((payer = 'customer') = (original_job_id IS NULL))",
        "What nobody pays for makes another job good.",
    )

    @api.depends("original_job_id.floor_id.workers")
    def _compute_original_user_ids(self):
        for job in self:
            workers = job.original_job_id.floor_id.workers
            job.original_user_ids = [fields.Command.set(workers or [])]

    def _check_can_be_made_good(self, order, payer):
        """Whether this job may be done again for nothing under another order."""
        self.ensure_one()
        if self.vehicle_id != order.vehicle_id or not self.finished_at:
            raise UserError(
                self.env._(
                    "%(job)s was not done on %(vehicle)s.",
                    job=self.display_name,
                    vehicle=order.vehicle_id.display_name,
                )
            )
        if payer == "warranty" and not self._is_under_warranty(order):
            raise UserError(
                self.env._(
                    "The warranty on %(job)s is over: propose it as an ordinary job, or"
                    " as a comeback.",
                    job=self.display_name,
                )
            )

    def _is_under_warranty(self, order):
        """Whether time and distance since then are within what was promised."""
        version = self.version_id
        day = order.company_id._workshop_day(order.received_at)
        done = self.company_id._workshop_day(self.finished_at)
        driven = order.reading_id.value - self.order_id.reading_id.value
        return (
            bool(version.warranty_months or version.warranty_km)
            and (
                not version.warranty_months
                or day <= done + relativedelta(months=version.warranty_months)
            )
            and (not version.warranty_km or driven <= version.warranty_km)
        )

    def _set_labour_price(self, price):
        """Have the labour cost this, as something agreed beyond the standard."""
        for job in self:
            job._labour_lines()._put({"workshop_price": price, "price_unit": price})

    def _set_free(self, payer, original):
        """Have nobody pay for these jobs."""
        self._put({"payer": payer, "original_job_id": original.id})
        lines = self.line_ids.filtered("product_id")
        lines._put({"workshop_price": 0, "price_unit": 0})
