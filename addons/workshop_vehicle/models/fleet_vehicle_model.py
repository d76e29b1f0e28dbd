from odoo import api, fields, models
from odoo.exceptions import AccessError


class FleetVehicleModel(models.Model):
    _inherit = "fleet.vehicle.model"

    workshop_class_id = fields.Many2one(
        "workshop.vehicle.class",
        "Vehicle Class",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="HQ's hours and prices for cars of this model go by it.",
    )
    workshop_quantity_ids = fields.One2many(
        "workshop.vehicle.quantity", "model_id", "Quantities"
    )

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("workshop_class_id") for vals in vals_list):
            self._check_may_classify()
        return super().create(vals_list)

    def write(self, vals):
        if "workshop_class_id" in vals:
            self._check_may_classify()
        return super().write(vals)

    def _get_workshop_quantity(self, kind):
        """How much of a kind of part such a car takes; 0: nobody has said it.

        Of no model, too: a car whose VIN says no more than its year is quoted.
        """
        own = self.workshop_quantity_ids.filtered(lambda q: q.kind_id == kind)
        by_class = self.workshop_class_id.quantity_ids
        return (own or by_class.filtered(lambda q: q.kind_id == kind)).quantity

    def _check_may_classify(self):
        """A class is a price: stores name models, HQ says what they are."""
        if not (self.env.su or self.env.user._is_hq_manager()):
            raise AccessError(
                self.env._("Only HQ says of which class a vehicle model is.")
            )
