from odoo import fields, models


class WorkshopPersonFloor(models.Model):
    """The row that is locked before anything that concerns a person's clock.

    Made by the first event of the person.
    """

    _name = "workshop.person.floor"
    _description = "Workshop Person on the Floor"
    _log_access = False
    _rec_name = "user_id"

    user_id = fields.Many2one(
        "res.users", required=True, readonly=True, ondelete="cascade"
    )

    _user_uniq = models.Constraint("UNIQUE (user_id)", "One floor row per person.")
