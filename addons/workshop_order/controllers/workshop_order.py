import re

from odoo import http
from odoo.http import request
from odoo.tools.misc import format_datetime

TOKEN = re.compile(r"[A-Za-z0-9_-]{22,64}")
HEADERS = {
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    # The address is the permission: it must not travel to other sites or stay behind.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; img-src 'self';"
    " style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


class WorkshopOrderPage(http.Controller):
    """What whoever holds an order's sheet may see: how far the work is, no more."""

    @http.route(
        "/o/<string:token>",
        type="http",
        auth="public",
        methods=["GET"],
        readonly=True,
        save_session=False,
    )
    def order_page(self, token, **_params):
        order = self._find(token).with_context(lang=self._language())
        if not order:
            return self._render("workshop_order.page_unknown", {}, 404)
        return self._render(
            "workshop_order.page_order", self._page_values(order, token)
        )

    @http.route(
        "/o/<string:token>/photo/<int:media_id>",
        type="http",
        auth="public",
        methods=["GET"],
        readonly=True,
        save_session=False,
    )
    def order_photo(self, token, media_id, **_params):
        photos = self._find(token).event_ids.filtered(
            lambda event: event.effect == "applied"
        )
        photo = photos.media_ids.filtered(
            lambda media: media.id == media_id and media.thumbnail
        )
        if not photo:
            return request.make_response("", headers=list(HEADERS.items()), status=404)
        stream = request.env["ir.binary"]._get_image_stream_from(photo, "thumbnail")
        response = stream.get_response(as_attachment=False, immutable=False)
        response.headers.update(HEADERS)
        return response

    def _find(self, token):
        """One look-up by an indexed hash; what cannot be a token costs none."""
        Order = request.env["workshop.order"]
        if not TOKEN.fullmatch(token):
            return Order.browse()
        return Order._find_by_sheet(token)

    def _page_values(self, order, token):
        zone = order.company_id._workshop_tz().zone
        events = order.event_ids.filtered(lambda event: event.effect == "applied")
        return {
            "order": order,
            "token": token,
            "plate": self._masked(order.license_plate or order.vin_sn or ""),
            "jobs": [
                (job, events.filtered(lambda event, job=job: event.job_id == job))
                for job in order.job_ids.filtered(lambda j: j.state == "authorised")
            ],
            "clock": lambda instant: format_datetime(
                order.env, instant, tz=zone, dt_format="short"
            ),
        }

    def _masked(self, plate):
        """Enough for the owner to know the car, too little for anybody else."""
        if len(plate) < 5:
            return "•" * len(plate)
        return plate[:2] + "•" * (len(plate) - 4) + plate[-2:]

    def _language(self):
        """The visitor's own language where it is installed, else the site's."""
        installed = [code for code, _name in request.env["res.lang"].get_installed()]
        tags = {code.replace("_", "-"): code for code in installed}
        wanted = request.httprequest.accept_languages.best_match(list(tags))
        return tags.get(wanted) or request.env.context.get("lang") or installed[0]

    def _render(self, template, values, status=200):
        lang = self._language()
        html = (
            request.env["ir.ui.view"]
            .sudo()  # the page's template is no secret; public users read no views
            .with_context(lang=lang)
            ._render_template(template, {**values, "tag": lang.replace("_", "-")})
        )
        html = f"<!DOCTYPE html>\n{html.lstrip()}"
        headers = [("Content-Type", "text/html; charset=utf-8"), *HEADERS.items()]
        return request.make_response(html, headers=headers, status=status)
