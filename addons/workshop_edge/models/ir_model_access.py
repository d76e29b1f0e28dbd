from odoo import models

from ..services import kinds_of


class IrModelAccess(models.Model):
    _inherit = "ir.model.access"

    def _get_allowed_models(self, mode="read"):
        # Access lines without a group are for everybody; a service is nobody.
        if kinds_of(self.env.user):
            return frozenset()
        return super()._get_allowed_models(mode)
