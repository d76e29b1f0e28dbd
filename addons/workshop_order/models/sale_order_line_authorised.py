from odoo import models


class SaleOrderLine(models.Model):
    """Nothing is delivered or billed that the customer has not agreed to as it is."""

    _inherit = "sale.order.line"

    def _deliver(self, is_done):
        lines = self
        if is_done:
            lines = self.filtered(lambda line: not line.workshop_job_id.is_stale)
        return super(SaleOrderLine, lines)._deliver(is_done)

    def _prepare_invoice_line(self, **optional_values):
        if not self.display_type and self.qty_to_invoice > 0:
            self.workshop_job_id._check_authorised()
        return super()._prepare_invoice_line(**optional_values)

    def _get_replaced_first(self):
        """The line that was agreed to, where others took its place since."""
        self.ensure_one()
        first = self
        while first.workshop_replaces_id:
            first = first.workshop_replaces_id
        return first

    def action_open_responsibility(self):
        """From a line of the bill to whoever did what it bills."""
        return self.workshop_job_id.action_open_responsibility()
