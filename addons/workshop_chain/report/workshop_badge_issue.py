import base64
from io import BytesIO

import qrcode

from odoo import api, models


class ReportWorkshopBadgeIssue(models.AbstractModel):
    _name = "report.workshop_chain.report_badge_issue"
    _description = "Workshop Badge Sheet"

    @api.model
    def _get_report_values(self, docids, data=None):
        sheets = self.env["workshop.badge.issue"].browse(docids)
        return {
            "docs": sheets,
            "doc_ids": docids,
            "badges": [
                {
                    "user": user,
                    "store": user._workshop_stores()[:1],
                    "qr": self._qr(url),
                }
                for sheet in sheets
                for user, url in sheet._issue()
            ],
        }

    def _qr(self, text):
        """A picture inside the page, since an address with the token would be logged.

        Level Q, since a badge gets scratched.
        """
        code = qrcode.QRCode(
            error_correction=qrcode.constants.ERROR_CORRECT_Q, box_size=10, border=4
        )
        code.add_data(text)
        picture = BytesIO()
        code.make_image().save(picture, "PNG")
        return "data:image/png;base64," + base64.b64encode(picture.getvalue()).decode()
