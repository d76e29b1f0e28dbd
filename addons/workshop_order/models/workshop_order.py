from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_datetime

from odoo.addons.workshop_chain.tools import begun_anew_where_held

# Amounts are for those who speak with the customer about money.
COMMERCIAL = (
    "workshop_chain.workshop_chain_group_advisor,"
    "workshop_chain.workshop_chain_group_cashier,"
    "workshop_chain.workshop_chain_group_store_manager"
)
TRANSITIONS = {
    "draft": {"open", "cancelled"},
    "open": {"done", "cancelled"},
    "done": {"open", "closed"},
    "closed": set(),
    "cancelled": set(),
}


# How far a job is when it stands in a phase, in percent.
PHASE_PROGRESS = {
    "waiting": 0,
    "in_progress": 40,
    "paused": 40,
    "done": 80,
    "qc_passed": 100,
}


class WorkshopOrder(models.Model):
    _name = "workshop.order"
    _description = "Work Order"
    _inherit = [
        "workshop.reception.mixin",
        "workshop.order.pricing.mixin",
        "workshop.order.authorisation.mixin",
        "workshop.order.cancel.mixin",
        "workshop.sheet.mixin",
        "workshop.timeline.mixin",
        "workshop.order.live.mixin",
        "workshop.order.evidence.mixin",
        "workshop.settlement.mixin",
        "workshop.order.settlement.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "received_at desc, id desc"
    _rec_names_search = ["name", "vehicle_id.license_plate"]

    name = fields.Char("Number", required=True, readonly=True, copy=False)
    company_id = fields.Many2one(
        "res.company", "Store", required=True, readonly=True, index=True
    )
    state = fields.Selection(
        [
            ("draft", "Checked In"),
            ("open", "In Work"),
            ("done", "Finished"),
            ("closed", "Closed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        copy=False,
        default="draft",
        tracking=True,
        index=True,
    )
    vehicle_id = fields.Many2one(
        "fleet.vehicle", required=True, readonly=True, index=True, ondelete="restrict"
    )
    license_plate = fields.Char(related="vehicle_id.license_plate")
    vin_sn = fields.Char(related="vehicle_id.vin_sn")
    partner_id = fields.Many2one(
        "res.partner",
        "Owner",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    complaint = fields.Text("What the Customer Says", tracking=True)
    reading_id = fields.Many2one(
        "workshop.vehicle.reading",
        "Odometer",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    received_at = fields.Datetime(
        "Received at", required=True, readonly=True, index=True
    )
    advisor_id = fields.Many2one(
        "res.users",
        "Service Advisor",
        required=True,
        index=True,
        tracking=True,
        ondelete="restrict",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    release_id = fields.Many2one(
        "workshop.release",
        "Standard",
        required=True,
        readonly=True,
        ondelete="restrict",
        help="HQ's release that was in force when the car was received. It holds for"
        " the whole order, for jobs added later as well.",
    )
    job_ids = fields.One2many("workshop.job", "order_id", "Jobs")
    authorisation_ids = fields.One2many(
        "workshop.authorisation", "order_id", "Authorisations", readonly=True
    )
    proposed_count = fields.Integer("Proposed Jobs", compute="_compute_progress")
    progress = fields.Integer(
        compute="_compute_progress", aggregator=None, help="Of the authorised jobs."
    )
    event_ids = fields.One2many(
        "workshop.event",
        "order_id",
        "Events of the Floor",
        readonly=True,
        domain=[("kind", "!=", "authorisation")],
    )
    link_ids = fields.One2many(
        "workshop.event", "order_id", "All Events", readonly=True
    )
    sale_order_id = fields.Many2one(
        "sale.order",
        "Bill",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        groups=COMMERCIAL,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount_total = fields.Monetary(
        "Total", compute="_compute_amounts", compute_sudo=True, groups=COMMERCIAL
    )
    amount_due = fields.Monetary(
        "Due", compute="_compute_amount_due", compute_sudo=True, groups=COMMERCIAL
    )
    reception_key = fields.Char(
        required=True, readonly=True, copy=False, groups="base.group_system"
    )

    _name_uniq = models.Constraint(
        "UNIQUE (company_id, name)", "This store has an order of this number already."
    )
    _sheet_hash_uniq = models.Constraint(
        "UNIQUE (sheet_hash)", "Another order has this sheet."
    )
    _sale_order_uniq = models.Constraint(
        "UNIQUE (sale_order_id)", "Another work order has this bill."
    )
    _reception_uniq = models.UniqueIndex(
        "(company_id, reception_key) WHERE state <> 'cancelled'",
        "This car was received with the same odometer, complaint and services today:"
        " the order exists already.",
    )

    @api.depends("job_ids.state", "job_ids.phase")
    def _compute_progress(self):
        # sudo: as a related field. All orders' floors at once: one by one they cost
        # a list as many questions as it has rows.
        self.job_ids.sudo().floor_id.fetch(["phase"])
        for order in self:
            agreed = order.job_ids.filtered(lambda job: job.state == "authorised")
            done = sum(PHASE_PROGRESS.get(phase, 0) for phase in agreed.mapped("phase"))
            order.progress = done // len(agreed) if agreed else 0
            order.proposed_count = len(
                order.job_ids.filtered(lambda job: job.state == "proposed")
            )

    @api.depends("sale_order_id.amount_total")
    def _compute_amounts(self):
        for order in self:
            order.amount_total = order.sale_order_id.amount_total

    @api.depends(
        "sale_order_id.amount_total",
        "sale_order_id.invoice_ids.amount_residual_signed",
        "sale_order_id.invoice_ids.state",
        "sale_order_id.invoice_ids.reversal_move_ids.amount_residual_signed",
        "sale_order_id.order_line.qty_delivered",
        "sale_order_id.order_line.qty_to_invoice",
        "state",
    )
    def _compute_amount_due(self):
        """What is open, and what is still to be billed; less than 0: he is owed it."""
        for order in self:
            bill = order.sale_order_id
            invoices = order._posted_invoices()
            order.amount_due = sum(invoices.mapped("amount_residual_signed"))
            if order.state not in ("closed", "cancelled"):
                order.amount_due += bill.order_line._amount_to_come()

    @api.model_create_multi
    def create(self, vals_list):
        if vals_list:
            raise UserError(
                self.env._("A work order begins with receiving the car: use “Receive”.")
            )
        return super().create(vals_list)

    def write(self, vals):
        # Guard here, not in the buttons: RPC can write a readonly field.
        own = {name for name in vals if name in self._get_own_fields()}
        if refused := own - self._get_editable_fields():
            labels = [self._fields[name].string for name in sorted(refused)]
            raise UserError(
                self.env._(
                    "%(fields)s of a work order cannot be edited: they follow from"
                    " what happens to it.",
                    fields=", ".join(labels),
                )
            )
        if own and self.filtered(lambda order: order.state in ("closed", "cancelled")):
            raise UserError(self.env._("A closed or cancelled order stays as it is."))
        result = super().write(vals)
        if own:
            self._announce_desk()
        return result

    def copy_data(self, default=None):
        raise UserError(
            self.env._("A work order cannot be copied: receive the car again.")
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("A work order is never deleted: cancel it."))

    def add_services(self, service_ids):
        """Propose further jobs, by the standards and prices of the order's release."""
        self.ensure_one()
        return self.env["workshop.job"].create(
            [{"order_id": self.id, "service_id": service} for service in service_ids]
        )

    def action_authorise(self):
        """The customer agrees to every job proposed."""
        for order in self:
            order.authorise()

    def action_cancel(self):
        """Give up orders of which nothing was billed, issued or done."""
        self.check_access("write")
        # What the floor finished or used a moment ago counts as well.
        self._drain_consequences()
        for order in self:
            order._lock()
            order._check_nothing_is_out()
            order._go("cancelled")
            bill = order.sale_order_id.with_company(order.company_id)
            # sudo: cancelling a picking also reads purchases, which no advisor may.
            bill.sudo()._action_cancel()
            order._close_floor()

    def action_invoice(self):
        """Bill what was done so far; returns the invoice to look at and post."""
        self.ensure_one()
        self.check_access("read")
        # sudo: not every role reads the bill from the order; whether this one may write
        # the bill is asked next, and the invoice is made under its own rights.
        bill = self.sudo().sale_order_id.with_env(self.env)
        bill = bill.with_company(self.company_id)
        bill.check_access("write")
        self._drain_consequences()
        invoice = bill._create_invoices()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": invoice.id,
            "view_mode": "form",
        }

    def action_open_bill(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": self.sale_order_id.id,
            "view_mode": "form",
        }

    def action_close(self):
        """Put a billed order away; nothing can happen to it afterwards."""
        if not self.env.user.has_group("workshop_chain.workshop_chain_group_cashier"):
            self.check_access("write")
        self.check_access("read")
        # sudo: cashiers do not edit orders, yet closing is their last step.
        for order in self.sudo():
            order._lock()
            order._check_released()
            order._check_is_settled()
            order._go("closed")
            order._close_floor()

    def _check_released(self):
        """No car is handed over whose work nobody has passed."""
        agreed = self.job_ids.filtered(lambda job: job.state == "authorised")
        if open_jobs := agreed.filtered(lambda job: job.phase != "qc_passed"):
            raise UserError(
                self.env._(
                    "%(order)s has not passed quality control: %(jobs)s.",
                    order=self.name,
                    jobs=", ".join(open_jobs.mapped("name")),
                )
            )

    def action_renew_sheet(self):
        """Make the sheets printed so far worthless."""
        self.check_access("write")
        for order in self:
            if order.state in ("closed", "cancelled"):
                raise UserError(
                    self.env._("A closed or cancelled order stays as it is.")
                )
            # sudo: the token is for nobody to write; the right was checked above.
            order.sudo()._put(self._prepare_sheet_vals())
            order.message_post(
                body=self.env._("The sheet was renewed: print it; older ones are void.")
            )

    def action_print_sheet(self):
        return self.env.ref("workshop_order.workshop_order_report_sheet").report_action(
            self
        )

    @api.model
    def _create_received(self, vals):
        bill = self.env["sale.order"].create(self._prepare_bill_vals(vals))
        # Past this class's own guard: only a reception makes an order. sudo: token and
        # key are for nobody to write; the right to the order is checked behind it.
        order = super(WorkshopOrder, self.sudo()).create(
            [{**vals, **self._prepare_sheet_vals(), "sale_order_id": bill.id}]
        )
        order = order.with_env(self.env)
        order.check_access("write")
        return order

    def _sheet_received(self):
        """When the car was received, as a clock on the store's wall said."""
        self.ensure_one()
        zone = self.company_id._workshop_tz().zone
        return format_datetime(self.env, self.received_at, tz=zone, dt_format="short")

    def _authorise(self, jobs):
        """The customer agreed to these proposed jobs of the order."""
        self.ensure_one()
        self._lock()
        if self.state not in ("draft", "open", "done"):
            raise UserError(self.env._("A closed or cancelled order stays as it is."))
        bill = self.sale_order_id.with_company(self.company_id)
        jobs._put({"state": "authorised"})
        if bill.state in ("draft", "sent"):
            (bill.order_line - jobs.line_ids)._suspend()
        jobs.with_company(self.company_id).line_ids._resume()
        if bill.state in ("draft", "sent"):
            bill.action_confirm()
        if self.state != "open":
            self._go("open")
        self._open_floor()
        jobs._link_floor()
        jobs._update_gates()
        # What is agreed is procured at once.
        jobs._procure_parts()

    def _go(self, target):
        """Change the state, by the only ways there are."""
        labels = dict(self._fields["state"]._description_selection(self.env))
        for order in self:
            if target not in TRANSITIONS[order.state]:
                raise UserError(
                    self.env._(
                        "%(order)s is %(state)s and cannot become %(target)s.",
                        order=order.name,
                        state=labels[order.state],
                        target=labels[target],
                    )
                )
        self._put({"state": target})

    def _lock(self):
        """Let no second click decide at the same time."""
        with begun_anew_where_held():
            self.lock_for_update(allow_referencing=True)
        # The floor as well: it must not begin what is being withdrawn.
        self._lock_floor_rows()
        self._forget_floor()

    def _put(self, vals):
        """Write past this class's guard, which refuses everybody else."""
        return super().write(vals)

    @api.model
    def _get_editable_fields(self):
        """What the desk may change by hand; the rest follows from what happened."""
        return {"advisor_id", "complaint"}

    @api.model
    def _get_own_fields(self):
        """All but chatter and activities, which stay open for ever."""
        return {
            name
            for name, field in self._fields.items()
            if (field._module or "").startswith("workshop_")
        }
