import base64
import io
import secrets

import qrcode

from odoo import api, fields, models

from workbay_contract import codes

MODULE_MM = 1.15
"""How wide one module of a code is in CSS. A camera wants 0.8 mm and more on paper, and
Debian's wkhtmltopdf prints a millimetre of CSS as 0.77 mm."""
QUIET_MODULES = 4


class WorkshopSheetMixin(models.AbstractModel):
    """A record with a sheet of paper that opens its live page and names it at a bay."""

    _name = "workshop.sheet.mixin"
    _description = "Workshop Sheet"

    # Whoever holds the token may open the live page: only the printed sheet tells it.
    sheet_token = fields.Char(
        readonly=True, copy=False, prefetch=False, groups=fields.NO_ACCESS
    )
    sheet_hash = fields.Char(
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="SHA-256 of the token: what boards and bays know of the sheet.",
    )

    @api.model
    def _prepare_sheet_vals(self):
        """A new token; sheets printed before hold no longer."""
        token = secrets.token_urlsafe(24)
        return {"sheet_token": token, "sheet_hash": codes.token_hash(token)}

    @api.model
    def _find_by_sheet(self, token):
        """The record whose sheet says so, as superuser; empty when there is none."""
        # sudo: the token is the permission; whoever asks has no other.
        return self.sudo().search(
            [("sheet_hash", "=", codes.token_hash(token))], limit=1
        )

    def _sheet_url(self):
        """What the sheet's QR code says."""
        self.ensure_one()
        # sudo: nobody may read the token; only paper made here shows it.
        return codes.code_url(self.get_base_url(), "order", self.sudo().sheet_token)

    def _sheet_code(self):
        """The sheet's QR code: its picture as a data URI and its width in mm."""
        code = qrcode.QRCode(
            # Odoo's own barcodes are level L, of which dirt and folds leave little.
            error_correction=qrcode.constants.ERROR_CORRECT_Q,
            border=QUIET_MODULES,
            box_size=12,
        )
        code.add_data(self._sheet_url())
        code.make(fit=True)
        picture = io.BytesIO()
        code.make_image().save(picture, format="PNG")
        encoded = base64.b64encode(picture.getvalue()).decode()
        return {
            "src": f"data:image/png;base64,{encoded}",
            "mm": round((code.modules_count + 2 * QUIET_MODULES) * MODULE_MM, 1),
        }
