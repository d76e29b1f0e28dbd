from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .. import plate, vin

SHORTEST_VIN_END = 6


class FleetVehicle(models.Model):
    _inherit = "fleet.vehicle"
    _rec_names_search = ["name", "vin_sn", "driver_id.name"]

    # A customer's car belongs to no store; every store may receive it.
    company_id = fields.Many2one(default=False)
    license_plate = fields.Char(index=True)
    vin_confirmed = fields.Boolean(
        "VIN Read Twice",
        tracking=True,
        help="Tick it when the VIN truly stands on the car as it is written here,"
        " though its check digit says otherwise.",
    )
    vin_year = fields.Integer(
        "Model Year by VIN", compute="_compute_vin_year", aggregator=None
    )
    owner_ids = fields.One2many("workshop.vehicle.owner", "vehicle_id", "Owners")
    owner_id = fields.Many2one(
        "res.partner",
        compute="_compute_owner_id",
        search="_search_owner_id",
        help="Whose car it is today.",
    )
    reading_ids = fields.One2many("workshop.vehicle.reading", "vehicle_id", "Readings")
    last_reading_id = fields.Many2one(
        "workshop.vehicle.reading", "Newest Reading", compute="_compute_last_reading"
    )
    last_reading = fields.Integer(compute="_compute_last_reading", aggregator=None)
    last_read_at = fields.Datetime("Last Read", compute="_compute_last_reading")

    _vin_sn_uniq = models.UniqueIndex(
        "(vin_sn) WHERE vin_sn <> ''", "Another vehicle has this VIN."
    )
    _license_plate_uniq = models.UniqueIndex(
        "(license_plate) WHERE active AND license_plate <> ''",
        "Another current vehicle bears this plate; archive that one if it is gone.",
    )

    @api.depends("vin_sn")
    def _compute_vin_year(self):
        # Makers sell next year's model from autumn on.
        latest = fields.Date.context_today(self).year + 1
        for vehicle in self:
            vehicle.vin_year = vin.model_year(vehicle.vin_sn or "", latest) or 0

    @api.depends("owner_ids.partner_id", "owner_ids.date_from", "owner_ids.date_to")
    def _compute_owner_id(self):
        today = fields.Date.context_today(self)
        for vehicle in self:
            vehicle.owner_id = vehicle.owner_ids.filtered(
                lambda owner: owner._is_at(today)
            ).partner_id[:1]

    def _search_owner_id(self, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        current = self.env["workshop.vehicle.owner"]._get_current_domain(
            fields.Date.context_today(self)
        )
        if operator == "in" and False in value:
            named = [partner for partner in value if partner]
            return ~Domain("owner_ids", "any", current) | Domain(
                "owner_ids", "any", current & Domain("partner_id", "in", named)
            )
        return Domain(
            "owner_ids", "any", current & Domain("partner_id", operator, value)
        )

    @api.depends("reading_ids.superseded_by_ids", "reading_ids.read_at")
    def _compute_last_reading(self):
        for vehicle in self:
            newest = vehicle.reading_ids.filtered(
                lambda reading: not reading.superseded_by_ids
            ).sorted(lambda reading: (reading.read_at, reading.id))[-1:]
            vehicle.last_reading_id = newest
            vehicle.last_reading = newest.value
            vehicle.last_read_at = newest.read_at

    @api.constrains("vin_sn", "vin_confirmed")
    def _check_vin_sn(self):
        for vehicle in self:
            number = vehicle.vin_sn or ""
            if (
                vehicle.vin_confirmed
                or len(number) < vin.LENGTH  # a chassis number from before VINs
                or vin.is_valid(number)
            ):
                continue
            raise ValidationError(
                self.env._(
                    "%(vin)s cannot be a VIN: read it again from the car. If it truly"
                    " stands there, tick “VIN Read Twice”.",
                    vin=number,
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        # A vehicle archived just before gives its plate free.
        self.flush_model(["active", "license_plate"])
        return super().create([self._normalise(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._normalise(vals))

    def copy_data(self, default=None):
        # Two current vehicles never bear one plate.
        return super().copy_data({"license_plate": False, **(default or {})})

    @api.model
    def find_by_plate_or_vin(self, text):
        """Current vehicles that the text names: a plate, a VIN, or a VIN's end."""
        number, end = plate.normalise(text), vin.normalise(text)
        found = self.browse()
        if number:
            found = self.search([("license_plate", "=", number)])
        if not found and end:
            found = self.search([("vin_sn", "=", end)])
        if not found and SHORTEST_VIN_END <= len(end) < vin.LENGTH:
            found = self.search([("vin_sn", "=like", f"%{end}")], limit=20)
        return found

    def get_formview_id(self, access_uid=None):
        """Fleet's own form needs rights on contracts and logs that staff lack."""
        user = self.env["res.users"].browse(access_uid) or self.env.user
        if not user.has_group("fleet.fleet_group_user"):
            return self.env.ref("workshop_vehicle.fleet_vehicle_view_form").id
        return super().get_formview_id(access_uid=access_uid)

    def _get_odometer(self):
        customers = self.filtered(lambda vehicle: not vehicle.company_id)
        for vehicle in customers:
            vehicle.odometer = vehicle.last_reading
        return super(FleetVehicle, self - customers)._get_odometer()

    def _set_owner(self, partner, on):
        """From the day ``on`` the vehicle is the partner's; the former owner ends."""
        self.ensure_one()
        current = self.owner_ids.filtered(lambda owner: owner._is_at(on))
        if current.partner_id == partner:
            return current
        if current.date_from == on:
            current.partner_id = partner
            return current
        until = current.date_to
        current.date_to = fields.Date.subtract(on, days=1)
        return self.env["workshop.vehicle.owner"].create(
            {
                "vehicle_id": self.id,
                "partner_id": partner.id,
                "date_from": on,
                "date_to": until,
            }
        )

    @api.model
    def _normalise(self, vals):
        vals = dict(vals)
        if "vin_sn" in vals:
            vals["vin_sn"] = vin.normalise(vals["vin_sn"]) or False
        if "license_plate" in vals:
            vals["license_plate"] = plate.normalise(vals["license_plate"]) or False
        return vals
