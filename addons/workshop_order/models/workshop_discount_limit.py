from odoo import api, fields, models


class WorkshopDiscountLimit(models.Model):
    """How much discount a role may give on a job; HQ sets it."""

    _name = "workshop.discount.limit"
    _description = "Workshop Discount Limit"
    _order = "percent, id"
    _rec_name = "group_id"

    group_id = fields.Many2one("res.groups", "Role", required=True, ondelete="cascade")
    percent = fields.Float("At Most (%)", required=True, digits="Discount")

    _group_uniq = models.Constraint("UNIQUE (group_id)", "This role has its limit.")
    _percent_range = models.Constraint(
        "CHECK (percent BETWEEN 0 AND 100)", "A discount lies between 0 and 100 %."
    )

    @api.model
    def _get_limit(self):
        """What the user may give at most, in percent."""
        # sudo: whose limits they are need not concern who is held to one.
        held = self.sudo().search([("group_id", "in", self.env.user.all_group_ids.ids)])
        return max(held.mapped("percent"), default=0)
