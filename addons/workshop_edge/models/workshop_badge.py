from odoo import api, models


class WorkshopBadge(models.Model):
    _inherit = "workshop.badge"

    @api.model_create_multi
    def create(self, vals_list):
        badges = super().create(vals_list)
        self.env["workshop.board.change"]._mark_users(badges.user_id)
        return badges

    def write(self, vals):
        result = super().write(vals)
        self.env["workshop.board.change"]._mark_users(self.user_id)
        return result

    def action_revoke(self):
        result = super().action_revoke()
        self.env["workshop.board.change"]._mark_users(self.user_id)
        return result
