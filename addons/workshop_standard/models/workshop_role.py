from odoo import fields, models


class WorkshopRole(models.Model):
    """Who may confirm a node; the codes are those of the users' roles."""

    _name = "workshop.role"
    _description = "Workshop Role"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)

    _code_uniq = models.Constraint("UNIQUE (code)", "This code exists already.")
    _code_format = models.Constraint(
        "CHECK (code ~ '^[a-z][a-z0-9_]{0,31}$')",
        "A code is a small letter and up to 31 small letters, digits, underscores.",
    )
