from odoo import http
from odoo.http import request

from odoo.addons.rpc.controllers.json2 import WebJson2Controller

from ..services import check_method


class WorkshopJson2Controller(WebJson2Controller):
    @http.route()
    def web_json_2_rpc(self, __model__, __method__, **kwargs):
        # Before anything else: methods exist that ask for no model's access.
        check_method(request.env, __model__, __method__)
        return super().web_json_2_rpc(__model__, __method__, **kwargs)
