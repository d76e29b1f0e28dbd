from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.workshop_chain.tools import begun_anew_where_held


class WorkshopOnceMixin(models.AbstractModel):
    """A dialog that counts once, however often its button is pressed."""

    _name = "workshop.once.mixin"
    _description = "Dialog that Counts Once"

    is_used = fields.Boolean(readonly=True)

    def _use_once(self):
        """Refuse the second press; one at the same time begins anew behind this."""
        self.ensure_one()
        with begun_anew_where_held():
            self.lock_for_update()
        if self.is_used:
            raise UserError(
                self.env._("This was recorded already: close the dialog and look.")
            )
        self.is_used = True
        self.flush_recordset(["is_used"])
