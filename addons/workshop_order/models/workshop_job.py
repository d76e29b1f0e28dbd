import time

from odoo import api, fields, models
from odoo.exceptions import UserError

from .workshop_job_off_standard_mixin import FREE
from .workshop_order import COMMERCIAL

CREATED_WITH = {"order_id", "service_id", "sequence"}
MS_PER_HOUR = 3_600_000


class WorkshopJob(models.Model):
    _name = "workshop.job"
    _description = "Job"
    _inherit = [
        "workshop.job.off.standard.mixin",
        "workshop.job.package.mixin",
        "workshop.job.warranty.mixin",
        "workshop.job.authorisation.mixin",
        "workshop.job.dispatch.mixin",
        "workshop.job.node.mixin",
        "workshop.job.gate.mixin",
        "workshop.job.deviation.mixin",
        "workshop.job.share.mixin",
        "workshop.job.parts.mixin",
        "workshop.job.settlement.mixin",
        "workshop.job.stage.mixin",
    ]
    _order = "order_id desc, sequence, id"
    _rec_names_search = ["order_id.name", "service_id.name", "text"]

    order_id = fields.Many2one(
        "workshop.order",
        "Work Order",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    sequence = fields.Integer(default=10)
    service_id = fields.Many2one(
        "workshop.service", required=True, readonly=True, ondelete="restrict"
    )
    version_id = fields.Many2one(
        "workshop.service.version",
        "Standard",
        required=True,
        readonly=True,
        ondelete="restrict",
        help="The service as the order's release has it: hours, steps, parts, prices.",
    )
    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one(
        "res.company", "Store", required=True, readonly=True, index=True
    )
    state = fields.Selection(
        [
            ("proposed", "Proposed"),
            ("authorised", "Authorised"),
            ("declined", "Declined"),
            ("deferred", "Deferred"),
            ("withdrawn", "Withdrawn"),
        ],
        required=True,
        readonly=True,
        copy=False,
        default="proposed",
        help="What was agreed with the customer.",
    )
    process_id = fields.Many2one(
        "workshop.process", required=True, readonly=True, ondelete="restrict"
    )
    hours = fields.Float("Standard Hours", required=True, readonly=True)
    line_ids = fields.One2many(
        "sale.order.line",
        "workshop_job_id",
        "Lines of the Bill",
        readonly=True,
        groups=COMMERCIAL,
    )
    authorisation_ids = fields.Many2many(
        "workshop.authorisation",
        "workshop_authorisation_job_rel",
        "job_id",
        "authorisation_id",
        "Decisions of the Customer",
        readonly=True,
    )
    picking_ids = fields.One2many(
        "stock.picking", "workshop_job_id", "Transfers", readonly=True
    )
    clock_ids = fields.One2many(
        "workshop.job.clock", "job_id", "Working and Waiting Times", readonly=True
    )
    again_job_ids = fields.One2many(
        "workshop.job", "original_job_id", "Made Good By", readonly=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    price = fields.Monetary(
        compute="_compute_price", compute_sudo=True, groups=COMMERCIAL
    )
    vehicle_id = fields.Many2one(related="order_id.vehicle_id")
    license_plate = fields.Char(related="vehicle_id.license_plate")
    order_state = fields.Selection(
        related="order_id.state", string="State of the Order"
    )

    # How it stands on the floor: read from the floor's own row, which the event path
    # writes by SQL; nothing of it may be stored here.
    floor_id = fields.Many2one(
        "workshop.job.floor", readonly=True, copy=False, index="btree_not_null"
    )
    # A board of the floor has all its columns, in the order in which work goes on.
    phase = fields.Selection(related="floor_id.phase", group_expand=True)
    running_user_id = fields.Many2one(related="floor_id.running_user_id")
    node_name = fields.Char("Last Step", compute="_compute_node_name")
    worked_hours = fields.Float(compute="_compute_worked_hours")
    finished_at = fields.Datetime("Finished", readonly=True, copy=False)

    _hours_positive = models.Constraint(
        "CHECK (hours >= 0)", "Standard hours cannot be negative."
    )
    # A car's history looks for what was done last, order by order.
    _history_idx = models.Index("(order_id, service_id, finished_at)")

    @api.depends("line_ids.price_total", "line_ids.workshop_quantity", "state")
    def _compute_price(self):
        for job in self:
            lines = job.line_ids
            if job.state == "proposed" and not any(lines.mapped("product_uom_qty")):
                # Not ordered yet: what it will cost when it is authorised.
                job.price = sum(
                    line.workshop_price * line.workshop_quantity for line in lines
                )
            else:
                job.price = sum(lines.mapped("price_total"))

    @api.depends("floor_id.node")
    @api.depends_context("lang")
    def _compute_node_name(self):
        for job in self:
            code = job.sudo().floor_id.node  # sudo: as a related field
            nodes = job.process_id.node_ids
            job.node_name = nodes.filtered(lambda n, c=code: n.code == c).name

    @api.depends("floor_id.worked_ms", "floor_id.since_ms")
    def _compute_worked_hours(self):
        now = round(time.time() * 1000)
        for job in self:
            floor = job.sudo().floor_id  # sudo: as a related field
            running = max(0, now - floor.since_ms) if floor.since_ms else 0
            job.worked_hours = (floor.worked_ms + running) / MS_PER_HOUR

    @api.model_create_multi
    def create(self, vals_list):
        prepared = [self._prepare_vals(vals) for vals in vals_list]
        jobs = super().create(prepared)
        jobs._create_lines()
        jobs.filtered("version_id.is_free")._set_free("courtesy")
        jobs.order_id._announce_desk()
        return jobs

    def write(self, vals):
        # Guard here, not in the buttons: RPC can write a readonly field.
        if set(vals) - self._get_editable_fields():
            raise UserError(
                self.env._(
                    "A job follows HQ's standard and what happens to it: it cannot be"
                    " edited."
                )
            )
        return super().write(vals)

    def copy_data(self, default=None):
        raise UserError(self.env._("A job cannot be copied: add the service again."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("A job is never deleted: withdraw it."))

    def action_withdraw(self):
        """Do not do these jobs; nothing of them is billed."""
        self.check_access("write")
        self.filtered(lambda job: job.state != "withdrawn")._leave_packages()
        for job in self:
            job.order_id._lock()
            lines = job.with_company(job.company_id).line_ids
            if job.state == "withdrawn":
                continue
            job._check_may_be_given_up(lines)
            lines._suspend()
            job._put({"state": "withdrawn"})
            job.order_id._settle_decided()
            job.order_id._announce_desk()

    def action_open_responsibility(self):
        """Every step of these jobs: person, time, bay, photos, measured values."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "workshop_order.workshop_event_action_responsibility"
        )
        return {**action, "domain": [("job_id", "in", self.ids)]}

    def _check_may_be_given_up(self, lines):
        """Nothing of it is under way, done, or in the car."""
        if self.phase == "in_progress":
            raise UserError(
                self.env._(
                    "%(person)s is at work on %(job)s: have the job paused first.",
                    person=self.running_user_id.name or "–",
                    job=self.display_name,
                )
            )
        if self.phase not in (False, "waiting", "paused"):
            raise UserError(
                self.env._(
                    "%(job)s is done: bill it, and have the cashier credit what the"
                    " customer is not to pay.",
                    job=self.display_name,
                )
            )
        if any(lines.mapped("qty_delivered")):
            raise UserError(
                self.env._(
                    "Parts of %(job)s were issued: have the parts keeper take its parts"
                    " back first.",
                    job=self.display_name,
                )
            )

    @api.depends("name", "order_id.name")
    @api.depends_context("within_order")
    def _compute_display_name(self):
        """With its order; by itself where all stand on one, ``within_order``."""
        within = self.env.context.get("within_order")
        for job in self:
            job.display_name = (
                job.name if within else f"{job.order_id.name} · {job.name}"
            )

    def _kit_rows(self):
        """The parts for this very vehicle, as rows of product and quantity."""
        self.ensure_one()
        # sudo: whoever may see the job may see what is put into the car.
        lines = self.sudo().line_ids.filtered(
            lambda line: line.product_id.type == "consu"
        )
        return [
            (line.product_id, line.product_uom_qty or line.workshop_quantity)
            for line in lines
        ]

    def _prepare_vals(self, vals):
        """A job from its standard alone; nobody chooses hours or prices."""
        free = self._take_off_standard_vals(vals)
        known = CREATED_WITH | (FREE if free else set())
        if set(vals) - known or not {"order_id", "service_id"} <= set(vals):
            raise UserError(
                self.env._("A job is made of its work order and a service, no more.")
            )
        order = self.env["workshop.order"].browse(vals["order_id"])
        order.check_access("write")
        if order.state not in ("draft", "open", "done"):
            raise UserError(
                self.env._(
                    "%(order)s is closed or cancelled: receive the car again.",
                    order=order.name,
                )
            )
        service = self.env["workshop.service"].browse(vals["service_id"])
        version = order.release_id._version_of(service)
        return {
            **vals,
            "version_id": version.id,
            "company_id": order.company_id.id,
            "process_id": version.process_id.id,
            "hours": version._get_hours(order.vehicle_id),
            **free,
        }

    def _create_lines(self):
        """The jobs' part of the bill, at the prices of the order's release."""
        for job in self:
            bill = job.order_id.sale_order_id.with_company(job.company_id)
            lines = bill.order_line._create_for_jobs(job._prepare_lines_vals(bill))
            lines._check_prices_include_tax()

    def _prepare_lines_vals(self, bill):
        """A heading, the labour, and the parts of the kit."""
        self.ensure_one()
        version = self.version_id
        common = {"order_id": bill.id, "workshop_job_id": self.id}
        rows = [
            {
                "display_type": "line_section",
                "name": self.with_context(lang=bill.partner_id.lang).name,
            },
            {
                "product_id": version.service_id.product_id.id,
                "product_uom_qty": 1,
                **({"name": self.text} if self.text else {}),
                "workshop_price": version._get_price(self.vehicle_id, self.company_id),
            },
        ]
        for product, quantity in version._get_parts(self.vehicle_id, self.company_id):
            # A release names a kit's parts; they cost what the chain asks for them on
            # the day when the job is proposed, and keep that.
            rows.append(
                {
                    "product_id": product.id,
                    "product_uom_qty": quantity,
                    "workshop_price": product.lst_price,
                }
            )
        if bill.state == "sale":
            # Agreed later than the rest: ordered only when it is authorised.
            for row in rows:
                row["workshop_quantity"] = row.pop("product_uom_qty", 0)
                row["product_uom_qty"] = 0
        first = 1 + max(bill.order_line.mapped("sequence"), default=0)
        return [
            {**common, **row, "sequence": first + position}
            for position, row in enumerate(rows)
        ]

    def _put(self, vals):
        """Write past this class's guard, which refuses everybody else."""
        return super().write(vals)

    def _link_floor(self):
        """Remember the row on which the floor keeps how each job stands."""
        # sudo: the rows belong to the floor; the desk may only look at them.
        floors = self.env["workshop.job.floor"].sudo()
        for floor in floors.search([("job_id", "in", self.ids)]):
            self.browse(floor.job_id.id)._put({"floor_id": floor.id})

    @api.model
    def _get_editable_fields(self):
        """What the desk may change by hand; the rest follows from what happened."""
        return {"sequence"}
