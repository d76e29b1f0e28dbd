from odoo import models


class ResGroups(models.Model):
    _inherit = "res.groups"

    def write(self, vals):
        result = super().write(vals)
        if {"user_ids", "implied_ids"} & set(vals):
            # Membership written from the group's side never reaches res.users.write.
            users = self.all_user_ids
            users._check_never_headquarters()
            users._keep_stores({})
        return result
