from odoo import models
from odoo.exceptions import AccessDenied
from odoo.http import request

from ..services import PATHS, kinds_of


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _auth_method_bearer(cls):
        result = super()._auth_method_bearer()
        # Other routes take API keys too: a service's key opens none of them.
        if kinds_of(request.env.user) and not request.httprequest.path.startswith(
            PATHS
        ):
            raise AccessDenied
        return result
