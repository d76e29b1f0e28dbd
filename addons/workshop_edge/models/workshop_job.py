from odoo import models


class WorkshopJob(models.Model):
    _inherit = "workshop.job"

    def _put(self, vals):
        result = super()._put(vals)
        if "state" in vals:
            self.env["workshop.board.change"]._mark(self.company_id.ids)
        return result
