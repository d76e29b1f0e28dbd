from odoo import models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    _inherit = "account.move"

    def write(self, vals):
        if vals.get("state") in ("draft", "cancel"):
            self._check_workshop_over()
            self._check_workshop_credited()
        if "move_type" in vals:
            self.filtered(
                lambda move: move.move_type != vals["move_type"]
            ).line_ids._check_workshop_posted()
        return super().write(vals)

    def _post(self, soft=True):
        self._check_workshop_lines()
        return super()._post(soft=soft)

    def _check_workshop_lines(self):
        """Bill a work order's jobs only as they were agreed, and only once done."""
        sales = self.filtered(
            lambda move: move.move_type in ("out_invoice", "out_refund")
        )
        # sudo: the guard holds for callers who may not see the work order, too.
        for line in sales.sudo().invoice_line_ids:
            for sold in line.sale_line_ids.filtered("workshop_job_id"):
                line._check_workshop_line(sold)
        # sudo: as above
        self.sudo().invoice_line_ids.sale_line_ids._check_workshop_deposits(self)

    def _check_workshop_over(self):
        """What was billed or given back of an order that is over stays posted."""
        # sudo: as above
        for move in self.sudo().filtered(lambda move: move.state == "posted"):
            sold = (move | move.reversed_entry_id).invoice_line_ids.sale_line_ids
            over = sold.order_id.workshop_order_ids.filtered(
                lambda order: order.state in ("closed", "cancelled")
            )
            if over:
                raise UserError(
                    self.env._(
                        "%(order)s is over, so %(invoice)s stays as it is: correct it"
                        " by a credit note.",
                        order=over[0].name,
                        invoice=move.name,
                    )
                )

    def _check_workshop_credited(self):
        """What was given back was billed before: that bill stays posted."""
        # sudo: as above
        billed = self.sudo().invoice_line_ids
        for line in billed.filtered(lambda line: line.display_type == "product"):
            move = line.move_id
            if move.state != "posted" or move.move_type != "out_invoice":
                continue
            for sold in line.sale_line_ids.filtered("workshop_job_id"):
                left = sold.qty_invoiced_posted
                if sold.product_uom_id.compare(left, line.quantity) < 0:
                    raise UserError(
                        self.env._(
                            "%(invoice)s was credited, so it stays as it is: take the"
                            " credit note back first.",
                            invoice=move.name,
                        )
                    )
