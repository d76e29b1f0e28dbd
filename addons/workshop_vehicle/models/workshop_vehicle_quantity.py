from odoo import fields, models


class WorkshopVehicleQuantity(models.Model):
    """How much of a kind of part a car takes, like litres of oil."""

    _name = "workshop.vehicle.quantity"
    _description = "Quantity by Vehicle"
    _order = "kind_id, id"

    model_id = fields.Many2one(
        "fleet.vehicle.model", index="btree_not_null", ondelete="cascade"
    )
    class_id = fields.Many2one(
        "workshop.vehicle.class", index="btree_not_null", ondelete="cascade"
    )
    kind_id = fields.Many2one(
        "workshop.part.kind", "Kind of Part", required=True, ondelete="restrict"
    )
    quantity = fields.Float(
        required=True,
        digits="Product Unit",
        aggregator=None,
        help="In the unit in which parts of this kind are kept.",
    )

    _of_model_or_class = models.Constraint(
        "CHECK (num_nonnulls(model_id, class_id) = 1)",
        "A quantity is that of a model or that of a class.",
    )
    _quantity_positive = models.Constraint(
        "CHECK (quantity > 0)", "A car takes some of it, or none is said."
    )
    _model_kind_uniq = models.UniqueIndex(
        "(model_id, kind_id) WHERE model_id IS NOT NULL",
        "The model's quantity of this kind is said already.",
    )
    _class_kind_uniq = models.UniqueIndex(
        "(class_id, kind_id) WHERE class_id IS NOT NULL",
        "The class's quantity of this kind is said already.",
    )
