from odoo import api, fields, models
from odoo.exceptions import UserError

from ..changes import is_changed

FIXED = (
    "combo_item_id",
    "display_type",
    "extra_tax_data",
    "invoice_lines",
    "invoice_status",
    "is_downpayment",
    "is_expense",
    "move_ids",
    "order_id",
    "price_reduce_taxexcl",
    "price_reduce_taxinc",
    "price_subtotal",
    "price_tax",
    "price_total",
    "price_unit",
    "product_id",
    "product_uom_id",
    "qty_delivered",
    "qty_delivered_method",
    "qty_invoiced",
    "qty_to_invoice",
    "tax_ids",
    "technical_price_unit",
    "untaxed_amount_invoiced",
    "untaxed_amount_to_invoice",
    "workshop_bills",
    "workshop_discount",
    "workshop_job_id",
    "workshop_price",
    "workshop_quantity",
    "workshop_replaces_id",
)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    workshop_job_id = fields.Many2one(
        "workshop.job",
        "Job",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    workshop_price = fields.Float(
        "Standard Price",
        readonly=True,
        copy=False,
        min_display_digits="Product Price",
        help="The unit price of the release under which the work order was opened.",
    )
    workshop_quantity = fields.Float(
        "Quantity when Authorised", readonly=True, copy=False, digits="Product Unit"
    )

    workshop_discount = fields.Float(
        "Discount Granted (%)", readonly=True, copy=False, digits="Discount"
    )
    workshop_bills = fields.Integer(
        "Times to Bill",
        readonly=True,
        copy=False,
        default=1,
        aggregator=None,
        help="What was credited stays so, unless the cashier has it billed again.",
    )
    workshop_replaces_id = fields.Many2one(
        "sale.order.line",
        "Instead of",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The line of the part that was replaced by this one.",
    )

    @api.depends("workshop_job_id", "workshop_discount")
    def _compute_discount(self):
        result = super()._compute_discount()
        for line in self.filtered("workshop_job_id"):
            line.discount = line.workshop_discount
        return result

    @api.depends(
        "move_ids.is_workshop_used", "move_ids.product_uom_qty", "product_uom_qty"
    )
    def _compute_qty_delivered(self):
        return super()._compute_qty_delivered()

    @api.depends(
        "workshop_job_id.payer",
        "workshop_job_id.finished_at",
        "workshop_job_id.order_id.state",
        "workshop_bills",
    )
    def _compute_qty_to_invoice(self):
        """Nothing is billed before its job is done, nor what was credited for good."""
        result = super()._compute_qty_to_invoice()
        for line in self.filtered("workshop_job_id"):
            if line.qty_to_invoice > 0 and not (
                line._is_billable() and not line._was_credited()
            ):
                line.qty_to_invoice = 0
        return result

    @api.depends("workshop_job_id.payer")
    def _compute_invoice_status(self):
        """What nobody pays for stands in the way of no bill."""
        result = super()._compute_invoice_status()
        for line in self.filtered("workshop_job_id"):
            if line.workshop_job_id.payer != "customer" and line.state == "sale":
                line.invoice_status = "invoiced"
        return result

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        # sudo: the guard holds for callers who may not see the work order, too.
        known = lines.sudo()
        if known.workshop_job_id or known.filtered(
            lambda line: line.order_id.workshop_order_ids and not line._is_deposit()
        ):
            raise UserError(
                self.env._(
                    "Lines of a work order's bill come from its jobs: add a job there."
                )
            )
        return lines

    def write(self, vals):
        self._check_workshop_fixed(vals)
        if "discount" in vals and (granted := self._grant_discount(vals["discount"])):
            granted._put({"workshop_discount": vals["discount"] or 0})
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_workshop(self):
        if self.sudo().workshop_job_id:  # sudo: as in create
            raise UserError(
                self.env._(
                    "Lines of a work order's bill stay: withdraw the job, or set the"
                    " quantity to 0."
                )
            )

    def action_open_responsibility(self):
        """From a line of the bill to whoever did what it bills."""
        return self.workshop_job_id.action_open_responsibility()

    def _prepare_invoice_line(self, **optional_values):
        """Nothing is billed that the customer has not agreed to as it is."""
        if not self.display_type and self.qty_to_invoice > 0:
            self.workshop_job_id._check_authorised()
        return super()._prepare_invoice_line(**optional_values)

    def _get_display_price(self):
        if self.workshop_job_id:
            return self.workshop_price
        return super()._get_display_price()

    def _prepare_qty_delivered(self):
        """What was used is in the car, whether the stock knew of it or not.

        No more than was agreed, whatever somebody had the move demand.
        """
        delivered = super()._prepare_qty_delivered()
        # What is named here is computed anew; labour keeps what ``_deliver`` said.
        parts = self.filtered(lambda line: line.qty_delivered_method == "stock_move")
        for line in parts.filtered("workshop_job_id"):
            used = sum(
                move.product_uom._compute_quantity(
                    move.product_uom_qty, line.product_uom_id
                )
                for move in line.move_ids
                if move.is_workshop_used and move.state not in ("done", "cancel")
            )
            left = max(0, line.product_uom_qty - delivered[line])
            delivered[line] += min(used, left)
        return delivered

    def _is_billable(self):
        """Whether the line's job is agreed, done, paid for, and not put away."""
        job = self.workshop_job_id
        return (
            job.state == "authorised"
            and bool(job.finished_at)
            and job.payer == "customer"
            and job.order_id.state != "closed"
        )

    def _was_credited(self):
        """Whether all that was delivered was billed already, and given back since."""
        unit = self.product_uom_id
        if not self.workshop_job_id or not unit:
            return False
        # sudo: what was billed decides, whoever asks.
        bills = self.sudo().invoice_lines.filtered(
            lambda line: (
                line.parent_state == "posted"
                and line.move_id.move_type == "out_invoice"
            )
        )
        billed = sum(
            line.product_uom_id._compute_quantity(line.quantity, unit) for line in bills
        )
        return bool(bills) and (
            unit.compare(billed, self.qty_delivered * self.workshop_bills) >= 0
            and unit.compare(self.qty_invoiced, self.qty_delivered) < 0
        )

    def _amount_to_come(self):
        """What these lines will still add to invoices, less deposits.

        As ordered while the job is not done, and as delivered afterwards.
        """
        amount = 0
        for line in self:
            if line.is_downpayment:
                amount -= line._deposit_left()
                continue
            quantity = line.product_uom_qty
            wanted = (
                line.qty_delivered if line.workshop_job_id.finished_at else quantity
            )
            left = wanted - line.qty_invoiced_posted
            if quantity and left > 0 and not line._was_credited():
                amount += line.currency_id.round(line.price_total * left / quantity)
        return amount

    def _deposit_left(self, posting=()):
        """What was billed in advance and is not deducted yet."""
        return sum(
            line.price_total * (-1 if line.move_id.move_type == "out_refund" else 1)
            for line in self.invoice_lines
            if line.parent_state == "posted" or line.move_id in posting
        )

    def _is_deposit(self):
        """Odoo's line or heading of a down payment; it counts by its invoice alone."""
        return self.is_downpayment and not (
            self.product_uom_qty or self.product_id or self.qty_delivered
        )

    def _check_workshop_deposits(self, posting):
        """No invoice deducts more than what was billed in advance."""
        for line in self:
            if not (line.is_downpayment and line.order_id.workshop_order_ids):
                continue
            if line.currency_id.compare_amounts(line._deposit_left(posting), 0) < 0:
                raise UserError(
                    self.env._(
                        "More is deducted than was paid in advance for %(order)s.",
                        order=line.order_id.workshop_order_ids.name,
                    )
                )

    @api.model
    def _create_for_jobs(self, vals_list):
        # Past this class's own guard, which refuses everybody else new lines.
        return super().create(vals_list)

    def _check_prices_include_tax(self):
        """A release's prices are what the customer pays; a tax on top breaks that."""
        taxes = self.tax_ids.flatten_taxes_hierarchy()
        if on_top := taxes.filtered(lambda tax: tax.amount and not tax.price_include):
            raise UserError(
                self.env._(
                    "The standard's prices include tax, but %(taxes)s would come on"
                    " top: have the company's prices include tax.",
                    taxes=", ".join(on_top.mapped("name")),
                )
            )

    def _deliver(self, is_done):
        """Say that this labour was given, or not; billing follows what is delivered.

        Nothing is delivered that the customer has not agreed to as it is.
        """
        if is_done:
            self = self.filtered(lambda line: not line.workshop_job_id.is_stale)
        for quantity, lines in self.grouped("product_uom_qty").items():
            delivered = quantity if is_done else 0
            changed = lines.filtered(
                lambda line, delivered=delivered: line.product_uom_id.compare(
                    line.qty_delivered, delivered
                )
            )
            if changed:
                changed._put({"qty_delivered": delivered})

    def _get_replaced_first(self):
        """The line that was agreed to, where others took its place since."""
        self.ensure_one()
        first = self
        while first.workshop_replaces_id:
            first = first.workshop_replaces_id
        return first

    def _suspend(self):
        """Order nothing of these lines until their jobs are authorised."""
        for line in self.filtered("product_uom_qty"):
            line._put({"workshop_quantity": line.product_uom_qty})
        self.filtered("product_uom_qty").write({"product_uom_qty": 0})

    def _resume(self):
        for line in self:
            if not line.product_uom_qty and line.workshop_quantity:
                line.product_uom_qty = line.workshop_quantity

    def _put(self, vals):
        """Write past this class's guard: what the floor or a decision says."""
        return super().write(vals)

    def _check_workshop_fixed(self, vals):
        """Refuse changes of what a work order's release decides.

        What stays as it is passes: Odoo writes prices anew in some of its own ways.
        """
        names = [name for name in FIXED if name in vals]
        if "product_uom_qty" in vals:
            self._check_quantity(vals["product_uom_qty"])
        target = self.env["sale.order"].browse(vals.get("order_id"))
        if target._of_workshop() and self.order_id != target:
            raise UserError(
                self.env._(
                    "Lines of a work order's bill come from its jobs: add a job there."
                )
            )
        for line in self.sudo() if names else ():  # sudo: as in create
            if not (line.workshop_job_id or line.order_id.workshop_order_ids):
                if any(vals.get(n) for n in names if n.startswith("workshop_")):
                    raise UserError(
                        self.env._("Only a work order's own lines belong to its jobs.")
                    )
                continue
            # What a deposit's invoice says, Odoo writes on its line; what may be
            # deducted again is checked when an invoice is posted.
            free = ("price_unit", "tax_ids") if line._is_deposit() else ()
            if any(
                is_changed(line, name, vals[name]) for name in names if name not in free
            ):
                raise UserError(
                    self.env._(
                        "“%(line)s” belongs to a work order: its price, product and"
                        " delivered quantity follow the standard and the floor. Only"
                        " its ordered quantity may be changed.",
                        line=line.name,
                    )
                )

    def _check_quantity(self, quantity):
        """Neither less than nothing, nor anything of a deposit's line."""
        for line in self.sudo():  # sudo: as in create
            if not line.order_id.workshop_order_ids:
                continue
            if (quantity or 0) < 0 or (quantity and not line.workshop_job_id):
                raise UserError(
                    self.env._(
                        "The bill of %(order)s cannot hold such a quantity.",
                        order=line.order_id.workshop_order_ids.name,
                    )
                )

    def _grant_discount(self, percent):
        """The lines of jobs that get this discount, if the caller may give it."""
        # sudo: as in create
        changed = self.sudo().filtered(
            lambda line: line.order_id.workshop_order_ids
            and is_changed(line, "discount", percent)
        )
        if not changed:
            return changed
        most = self.env["workshop.discount.limit"]._get_limit()
        if not 0 <= (percent or 0) <= most:
            raise UserError(
                self.env._(
                    "You may give %(most)g %% discount at most: ask somebody with more"
                    " right.",
                    most=most,
                )
            )
        for line in changed:
            if line.qty_invoiced or not line.workshop_job_id:
                raise UserError(
                    self.env._(
                        "“%(line)s” is billed already: correct it by a credit note.",
                        line=line.name,
                    )
                )
        return changed.with_env(self.env)
