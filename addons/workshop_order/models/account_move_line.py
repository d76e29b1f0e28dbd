from odoo import models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def action_open_responsibility(self):
        """From a line of the invoice to whoever did what it bills."""
        # sudo: the way to the job is open to whoever reads the invoice; what he sees
        # there is asked again.
        jobs = self.sudo().sale_line_ids.workshop_job_id
        return jobs.with_env(self.env).action_open_responsibility()
