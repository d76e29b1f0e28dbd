from odoo import fields, models


class WorkshopJobSplitLine(models.TransientModel):
    _name = "workshop.job.split.line"
    _description = "Share of a Person"

    split_id = fields.Many2one(
        "workshop.job.split", required=True, index=True, ondelete="cascade"
    )
    user_id = fields.Many2one("res.users", "Person", required=True)
    percent = fields.Float("Share (%)", digits=(5, 2))
