import base64
from io import BytesIO

import qrcode

from odoo import fields, models
from odoo.exceptions import UserError


class WorkshopBayEnrol(models.TransientModel):
    """Shows a bay's enrolment code on the screen or prints it.

    The code goes to the page and to the paper and is stored nowhere.
    """

    _name = "workshop.bay.enrol"
    _description = "Enrol a Bay's Device"

    bay_id = fields.Many2one("workshop.bay", required=True)
    device_id = fields.Many2one(related="bay_id.device_id")
    # Not stored: the picture passes through to the open page.
    qr = fields.Binary("Code", store=False)
    expires_at = fields.Datetime("Valid Until", store=False)
    printed = fields.Boolean(readonly=True)

    def action_show(self):
        """Make a code and show it."""
        self.ensure_one()
        text, expires_at = self.env["workshop.enrolment"]._make(self.bay_id)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Enrolment Code"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_bay_id": self.bay_id.id,
                "default_qr": base64.b64encode(qr_png(text)).decode(),
                "default_expires_at": fields.Datetime.to_string(expires_at),
            },
        }

    def action_print(self):
        """Ask for the sheet; rendering it makes a code in the place of the former."""
        self.ensure_one()
        self.bay_id.check_access("write")
        report = self.env.ref("workshop_edge.workshop_bay_enrol_action_report")
        # A code that is still on the screen is of no use from here on.
        return {**report.report_action(self), "close_on_report_download": True}

    def _print(self):
        """The code of this sheet, once.

        :return: (text of the code, until when it is valid).
        """
        self.ensure_one()
        if self.create_uid != self.env.user:
            raise UserError(self.env._("Somebody else asked for this code."))
        # Held by the same button pressed twice; see the badges' sheet.
        if not self.try_lock_for_update() or self.printed:
            raise UserError(
                self.env._(
                    "This code was printed already and is kept nowhere: make another."
                )
            )
        self.printed = True
        return self.env["workshop.enrolment"]._make(self.bay_id)


def qr_png(text):
    """The code as a picture a camera reads from a screen and from paper."""
    code = qrcode.QRCode(
        error_correction=qrcode.constants.ERROR_CORRECT_Q, box_size=8, border=4
    )
    code.add_data(text)
    picture = BytesIO()
    code.make_image().save(picture, "PNG")
    return picture.getvalue()
