from odoo import api, fields, models
from odoo.exceptions import UserError

from ..changes import is_changed

BILLED = (
    "display_type",
    "discount",
    "move_id",
    "parent_state",
    "price_unit",
    "product_id",
    "product_uom_id",
    "quantity",
    "sale_line_ids",
)
"""What a posted line says of the work that it bills."""


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    is_of_workshop = fields.Boolean(
        compute="_compute_is_of_workshop",
        compute_sudo=True,
        help="Whether it bills a work order's job, which opens down to who did it.",
    )

    @api.depends("sale_line_ids")
    def _compute_is_of_workshop(self):
        for line in self:
            line.is_of_workshop = bool(line.sale_line_ids.workshop_job_id)

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_workshop_posted()
        return lines

    def write(self, vals):
        if not any(name in vals for name in BILLED):
            return super().write(vals)
        billed = self._workshop_posted()
        billed.filtered(
            lambda line: any(
                is_changed(line, name, vals[name]) for name in BILLED if name in vals
            )
        )._check_workshop_posted()
        result = super().write(vals)
        (self - billed)._check_workshop_posted()
        return result

    def action_open_responsibility(self):
        """From a line of the invoice to whoever did what it bills."""
        # sudo: the way to the job is open to whoever reads the invoice; what he sees
        # there is asked again.
        jobs = self.sudo().sale_line_ids.workshop_job_id
        return jobs.with_env(self.env).action_open_responsibility()

    def _workshop_posted(self):
        """Those that bill a work order's job or deposit, and are posted."""
        # sudo: the guard holds for callers who may not see the work order, too.
        return self.filtered(
            lambda line: (
                line.sudo().move_id.state == "posted"
                and line.sudo().sale_line_ids.order_id.workshop_order_ids
            )
        )

    def _check_workshop_posted(self):
        """What is posted is not written anew: Odoo leaves that to its form."""
        # sudo: as above
        for line in self._workshop_posted().sudo():
            orders = line.sale_line_ids.order_id.workshop_order_ids
            raise UserError(
                self.env._(
                    "%(invoice)s is posted, so what it bills of %(order)s stays as it"
                    " is: correct it by a credit note.",
                    invoice=line.move_id.name,
                    order=orders[0].name,
                )
            )

    def _check_workshop_line(self, sold):
        """The line bills, or gives back, what this line of a job sold and no other."""
        self.ensure_one()
        if self.display_type != "product":
            return
        gives_back = (self.move_id.move_type == "out_refund") != (self.quantity < 0)
        if not gives_back and not sold._is_billable():
            raise UserError(
                self.env._(
                    "%(job)s is not authorised and done, or nobody pays for it: it"
                    " cannot be billed.",
                    job=sold.workshop_job_id.display_name,
                )
            )
        same = not any(
            is_changed(self, name, sold[name])
            for name in ("product_id", "price_unit", "discount")
        ) and set(self.tax_ids.ids) == set(sold.tax_ids.ids)
        if gives_back:
            self._check_workshop_credit(sold)
        elif not same or (
            sold.product_uom_id.compare(sold.qty_invoiced, sold.qty_delivered) > 0
        ):
            raise UserError(
                self.env._(
                    "“%(line)s” of %(job)s has to be billed as it was agreed and"
                    " delivered.",
                    line=sold.name,
                    job=sold.workshop_job_id.display_name,
                )
            )

    def _check_workshop_credit(self, sold):
        """No more is given back of a job than was billed, at the price billed.

        At another price the work would count as not billed, and be billed again.
        """
        billed = sold.invoice_lines.filtered(
            lambda line: (
                line.parent_state == "posted"
                and line.move_id.move_type == "out_invoice"
                and line.quantity > 0
            )
        )
        as_billed = any(
            not is_changed(self, "price_unit", line.price_unit)
            and not is_changed(self, "discount", line.discount)
            for line in billed
        )
        if sold.product_uom_id.compare(sold.qty_invoiced, 0) < 0 or not as_billed:
            raise UserError(
                self.env._(
                    "“%(line)s” of %(job)s is credited at the price billed, and no more"
                    " of it than was billed. To give back a part of the price, take"
                    " this line off and write one without a product.",
                    line=sold.name,
                    job=sold.workshop_job_id.display_name,
                )
            )
