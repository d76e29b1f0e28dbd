from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

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
