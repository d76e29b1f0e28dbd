from odoo import api, fields, models


class WorkshopServiceRate(models.Model):
    """Hours and price of a service for one class of vehicles."""

    _name = "workshop.service.rate"
    _description = "Workshop Service Rate"
    _inherit = ["workshop.release.guard"]
    _order = "version_id, class_id, id"

    version_id = fields.Many2one(
        "workshop.service.version", required=True, index=True, ondelete="cascade"
    )
    class_id = fields.Many2one(
        "workshop.vehicle.class", "Vehicle Class", required=True, ondelete="restrict"
    )
    labour_hours = fields.Float(required=True, aggregator=None)
    currency_id = fields.Many2one(related="version_id.currency_id")
    price = fields.Monetary(
        "Labour Price",
        required=True,
        aggregator=None,
        help="What the customer pays for the labour, tax included.",
    )
    price_min = fields.Monetary("Lowest Price", aggregator=None)
    price_max = fields.Monetary("Highest Price", aggregator=None)

    _class_uniq = models.Constraint(
        "UNIQUE (version_id, class_id)", "The class has its rate already."
    )
    _labour_hours_positive = models.Constraint(
        "CHECK (labour_hours > 0)", "A service takes some time."
    )
    _price_positive = models.Constraint(
        "CHECK (price >= 0)", "A price is not negative."
    )
    _price_band = models.Constraint(
        "CHECK ((coalesce(price_min, 0) = 0 AND coalesce(price_max, 0) = 0)"
        " OR (price_min >= 0 AND price_min <= price AND price <= price_max))",
        "HQ's own price has to lie between the lowest and the highest.",
    )

    @api.depends("class_id.name", "version_id.service_id.name")
    def _compute_display_name(self):
        for rate in self:
            service = rate.version_id.service_id
            rate.display_name = f"{service.name} – {rate.class_id.name}"

    def _get_releases(self):
        return self.version_id.release_id
