import base64

from odoo import api, models

from ..wizards.workshop_bay_enrol import qr_png


class ReportWorkshopBayEnrol(models.AbstractModel):
    _name = "report.workshop_edge.report_bay_enrol"
    _description = "Enrolment Code Sheet"

    @api.model
    def _get_report_values(self, docids, data=None):
        sheets = self.env["workshop.bay.enrol"].browse(docids)
        return {
            "docs": sheets,
            "doc_ids": docids,
            "codes": [self._code(sheet) for sheet in sheets],
        }

    def _code(self, sheet):
        text, expires_at = sheet._print()
        # Inside the page: an address with the secret in it would be logged.
        picture = base64.b64encode(qr_png(text)).decode()
        return {
            "bay": sheet.bay_id,
            "expires_at": expires_at,
            "qr": f"data:image/png;base64,{picture}",
        }
