from odoo import api, fields, models


class WorkshopDiscountLimit(models.Model):
    """What a role may give a customer by its own decision; HQ sets it."""

    _name = "workshop.discount.limit"
    _description = "Workshop Discount Limit"
    _order = "percent, id"
    _rec_name = "group_id"

    group_id = fields.Many2one("res.groups", "Role", required=True, ondelete="cascade")
    percent = fields.Float("At Most (%)", required=True, digits="Discount")
    off_standard_price = fields.Float(
        "Off-standard Job at Most",
        digits="Product Price",
        help="The highest labour price, in the store's currency, at which the role may"
        " propose a job outside the standards. 0: none.",
    )

    _group_uniq = models.Constraint("UNIQUE (group_id)", "This role has its limit.")
    _percent_range = models.Constraint(
        "CHECK (percent BETWEEN 0 AND 100)", "A discount lies between 0 and 100 %."
    )

    _off_standard_price_positive = models.Constraint(
        "CHECK (off_standard_price >= 0)", "A price is not negative."
    )

    @api.model
    def _get_limit(self, name="percent"):
        """What the user may give at most: in percent, or another limit's value."""
        # sudo: whose limits they are need not concern who is held to one.
        held = self.sudo().search([("group_id", "in", self.env.user.all_group_ids.ids)])
        return max(held.mapped(name), default=0)
