import base64
import re

from odoo import http
from odoo.exceptions import AccessError
from odoo.http import request

from workbay_contract.pictures import TYPE

from ..services import check_service

SHA256 = re.compile(r"[0-9a-f]{64}")


class WorkshopPictureController(http.Controller):
    """How the bridge gets the pictures that boards name."""

    @http.route(
        "/workshop/picture/<string:sha256>",
        type="http",
        auth="bearer",
        methods=["GET"],
        csrf=False,
        save_session=False,
        readonly=True,
    )
    def get(self, sha256):
        """The bytes of a released step's picture; 404: no released step has it."""
        try:
            check_service(request.env, "bridge")
        except AccessError:
            return request.make_response("", status=403)
        if not SHA256.fullmatch(sha256):
            return request.make_response("", status=404)
        # sudo: the bridge has no access of its own; procedures are HQ's, for all bays.
        steps = request.env["workshop.service.step"].sudo()
        step = steps.search(
            [
                ("board_picture_sha256", "=", sha256),
                ("version_id.release_id.state", "=", "released"),
            ],
            limit=1,
        ).with_context(bin_size=False)
        if not step:
            return request.make_response("", status=404)
        picture = base64.b64decode(step.board_picture)
        return request.make_response(picture, [("Content-Type", TYPE)])
