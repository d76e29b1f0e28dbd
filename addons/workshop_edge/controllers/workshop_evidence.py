import tempfile

from werkzeug.wsgi import wrap_file

from odoo import http
from odoo.http import request

from ..evidence import bundle

IN_MEMORY = 4 * 1024 * 1024


class WorkshopEvidence(http.Controller):
    @http.route(
        "/workshop/evidence/<model('workshop.order'):order>",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def evidence(self, order, **_params):
        """An order's evidence bundle, for whoever may see its sealed batches."""
        order.check_access("read")
        request.env["workshop.batch"].check_access("read")
        # Closed by whoever sends it.
        target = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
        # sudo: the bundle holds what the order's own log holds, and the reader may see
        # the order; photos and checkpoints have rules of their own.
        bundle.write(order.sudo(), target)
        target.seek(0)
        name = f"evidence-{order.name}.zip".replace("/", "-")
        return request.make_response(
            wrap_file(request.httprequest.environ, target),
            [
                ("Content-Type", "application/zip"),
                ("Content-Disposition", http.content_disposition(name)),
                ("Cache-Control", "no-store"),
            ],
        )
