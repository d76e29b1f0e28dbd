from odoo import fields, models


class WorkshopPartKind(models.Model):
    """What a part is for on a car; parts of one kind stand in for each other."""

    _name = "workshop.part.kind"
    _description = "Kind of Part"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
