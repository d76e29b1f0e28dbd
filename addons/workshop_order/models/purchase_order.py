from odoo import models
from odoo.exceptions import AccessError


class PurchaseOrder(models.Model):
    _inherit = "purchase.order"

    def write(self, vals):
        self._check_workshop_state(vals)
        return super().write(vals)

    def _check_workshop_state(self, vals):
        """Who bills what was bought writes the order, and yet decides on none."""
        if (
            "state" in vals
            and not self.env.su
            and not self.env.user.has_group("purchase.group_purchase_user")
        ):
            raise AccessError(
                self.env._(
                    "%(purchase)s is confirmed and cancelled by the parts keeper or"
                    " the store's manager.",
                    purchase=", ".join(self.mapped("name")),
                )
            )
