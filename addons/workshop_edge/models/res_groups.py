from odoo import models


class ResGroups(models.Model):
    _inherit = "res.groups"

    def write(self, vals):
        result = super().write(vals)
        if {"user_ids", "implied_ids"} & set(vals):
            self.env["workshop.board.change"]._mark_users(self.all_user_ids)
        return result
