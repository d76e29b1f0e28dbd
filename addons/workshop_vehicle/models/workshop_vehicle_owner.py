from odoo import api, fields, models
from odoo.fields import Domain


class WorkshopVehicleOwner(models.Model):
    _name = "workshop.vehicle.owner"
    _description = "Vehicle Owner"
    _order = "vehicle_id, date_from desc, id desc"
    _rec_name = "partner_id"

    vehicle_id = fields.Many2one(
        "fleet.vehicle", required=True, index=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner", "Owner", required=True, index=True, ondelete="restrict"
    )
    date_from = fields.Date("From", required=True, default=fields.Date.context_today)
    date_to = fields.Date("To", help="The last day; empty while it is still owned.")

    _dates_order = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)",
        "Ownership cannot end before it begins.",
    )
    # int4range, because comparing plain integers in a GiST index needs an extension.
    _overlap_excl = models.Constraint(
        "EXCLUDE USING gist (int4range(vehicle_id, vehicle_id, '[]') WITH &&,"
        " daterange(date_from, date_to, '[]') WITH &&)",
        "A vehicle has one owner at a time: end the former ownership first.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        # An ownership that ends in the same save has to end before the next begins.
        self.flush_model(["date_from", "date_to"])
        return super().create(vals_list)

    @api.model
    def _get_current_domain(self, day):
        return Domain("date_from", "<=", day) & (
            Domain("date_to", "=", False) | Domain("date_to", ">=", day)
        )

    def _is_at(self, day):
        self.ensure_one()
        return self.date_from <= day and (not self.date_to or day <= self.date_to)
