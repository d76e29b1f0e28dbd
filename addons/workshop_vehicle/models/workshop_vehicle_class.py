from odoo import fields, models


class WorkshopVehicleClass(models.Model):
    """How much of a car it is: HQ's hours, prices and quantities go by it."""

    _name = "workshop.vehicle.class"
    _description = "Vehicle Class"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    model_ids = fields.One2many("fleet.vehicle.model", "workshop_class_id", "Models")
    quantity_ids = fields.One2many(
        "workshop.vehicle.quantity", "class_id", "Quantities"
    )

    _code_uniq = models.Constraint("UNIQUE (code)", "Another class has this code.")
    _code_format = models.Constraint(
        "CHECK (code ~ '^[a-z][a-z0-9_]{0,31}$')",
        "A code is a small letter and up to 31 small letters, digits, underscores.",
    )
