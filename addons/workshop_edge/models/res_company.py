from odoo import models


class ResCompany(models.Model):
    _inherit = "res.company"

    def write(self, vals):
        result = super().write(vals)
        if "name" in vals:
            self.env["workshop.board.change"]._mark(self.ids)
        return result
