from odoo import fields, models


class WorkshopMediaSign(models.TransientModel):
    """Asks why photos or videos will not come, before somebody signs for that."""

    _name = "workshop.media.sign"
    _description = "Sign for the Absence of Photos"

    media_ids = fields.Many2many(
        "workshop.media",
        "workshop_media_sign_rel",
        string="Photos and Videos",
        required=True,
    )
    note = fields.Text("Why", required=True)

    def action_sign(self):
        self.ensure_one()
        self.media_ids.sign_absence(self.note)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
