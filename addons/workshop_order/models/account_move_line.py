from odoo import models
from odoo.exceptions import UserError

from ..changes import is_changed


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def action_open_responsibility(self):
        """From a line of the invoice to whoever did what it bills."""
        # sudo: the way to the job is open to whoever reads the invoice; what he sees
        # there is asked again.
        jobs = self.sudo().sale_line_ids.workshop_job_id
        return jobs.with_env(self.env).action_open_responsibility()

    def _check_workshop_line(self, sold):
        """The line bills what this line of a job sold, no more and no other."""
        self.ensure_one()
        job = sold.workshop_job_id
        if self.display_type != "product":
            return
        if not sold._is_billable():
            raise UserError(
                self.env._(
                    "%(job)s is not authorised and done, or nobody pays for it: it"
                    " cannot be billed.",
                    job=job.display_name,
                )
            )
        same = not any(
            is_changed(self, name, sold[name])
            for name in ("product_id", "price_unit", "discount")
        ) and set(self.tax_ids.ids) == set(sold.tax_ids.ids)
        unit = sold.product_uom_id
        if not same or unit.compare(sold.qty_invoiced, sold.qty_delivered) > 0:
            raise UserError(
                self.env._(
                    "“%(line)s” of %(job)s has to be billed as it was agreed and"
                    " delivered.",
                    line=sold.name,
                    job=job.display_name,
                )
            )
