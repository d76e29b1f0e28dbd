from odoo import fields, models

from odoo.addons.fleet.models.fleet_vehicle_model import FUEL_TYPES


class WorkshopServicePart(models.Model):
    """A part of the kit, and the vehicles that it fits."""

    _name = "workshop.service.part"
    _description = "Workshop Service Part"
    _inherit = ["workshop.release.guard"]
    _order = "version_id, sequence, id"

    version_id = fields.Many2one(
        "workshop.service.version", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        "product.product",
        "Part",
        required=True,
        index=True,
        ondelete="restrict",
        domain=[("type", "=", "consu")],
    )
    kind_id = fields.Many2one(
        "workshop.part.kind",
        index="btree_not_null",
        ondelete="restrict",
        help="Of the kit's parts of one kind, the first that fits the car is taken.",
    )
    is_optional = fields.Boolean(
        "Optional", help="Cars that it does not fit do without."
    )
    quantity = fields.Float(required=True, default=1, digits="Product Unit")
    quantity_by = fields.Selection(
        [("kit", "As stated"), ("vehicle", "By vehicle")],
        "Counted",
        required=True,
        default="kit",
        help="By vehicle: as the model or its class says for this kind of part; the"
        " stated quantity where they say nothing.",
    )
    brand_ids = fields.Many2many(
        "fleet.vehicle.model.brand", string="Brands", help="Empty: all of them."
    )
    model_ids = fields.Many2many(
        "fleet.vehicle.model",
        string="Models",
        help="Beside the brands. Both empty: all of them.",
    )
    year_from = fields.Integer("From Year", aggregator=None)
    year_to = fields.Integer("To Year", aggregator=None)
    engines = fields.Char(
        help="What the engine's code begins with; several with commas. Empty: all."
    )
    fuel_type = fields.Selection(FUEL_TYPES, "Fuel")
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")

    _product_uniq = models.Constraint(
        "UNIQUE (version_id, product_id)", "The kit holds this part already."
    )
    _quantity_positive = models.Constraint(
        "CHECK (quantity > 0)", "A kit holds some of each part."
    )

    _years_order = models.Constraint(
        "CHECK (coalesce(year_from, 0) >= 0 AND coalesce(year_to, 0) >= 0"
        " AND (coalesce(year_to, 0) = 0 OR coalesce(year_from, 0) <= year_to))",
        "The first year lies after the last.",
    )
    _quantity_by_kind = models.Constraint(
        "CHECK (quantity_by = 'kit' OR kind_id IS NOT NULL)",
        "What is counted by vehicle needs its kind.",
    )

    def _fits(self, vehicle):
        """Whether the part goes on this vehicle, as far as its file says."""
        self.ensure_one()
        return (
            self._fits_model(vehicle.model_id)
            and (not self.fuel_type or vehicle.fuel_type == self.fuel_type)
            and self._fits_years(vehicle)
            and self._fits_engine(vehicle)
        )

    def _fits_model(self, model):
        if not (self.brand_ids or self.model_ids):
            return True
        return model in self.model_ids or model.brand_id in self.brand_ids

    def _fits_years(self, vehicle):
        if not (self.year_from or self.year_to):
            return True
        year = vehicle._get_model_year()
        return bool(year) and (
            self.year_from <= year and (not self.year_to or year <= self.year_to)
        )

    def _fits_engine(self, vehicle):
        starts = tuple(
            start.strip().upper()
            for start in (self.engines or "").split(",")
            if start.strip()
        )
        return not starts or (vehicle.engine or "").strip().upper().startswith(starts)

    def _get_quantity(self, vehicle):
        """How much of it this very vehicle takes."""
        self.ensure_one()
        if self.quantity_by == "kit":
            return self.quantity
        by_vehicle = vehicle.model_id._get_workshop_quantity(self.kind_id)
        return by_vehicle or self.quantity

    def _get_releases(self):
        return self.version_id.release_id
