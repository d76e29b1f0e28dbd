from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from .. import plate, vin

SHORTEST_VIN_END = 6
SHORTEST_PLATE_END = 5
# A text without a province's sign that is longer than any plate is meant as a VIN.
LONGEST_PLATE = 10
# Nobody drives more a day, week after week.
PLAUSIBLE_PER_DAY = 1000


class FleetVehicle(models.Model):
    _inherit = "fleet.vehicle"
    _rec_names_search = ["name", "vin_sn", "driver_id.name"]

    # A customer's car belongs to no store; every store may receive it.
    company_id = fields.Many2one(default=False)
    workshop_class_id = fields.Many2one(
        related="model_id.workshop_class_id", store=True, index="btree_not_null"
    )
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
    engine = fields.Char(help="The engine's code, as the maker names it.")
    engine_number = fields.Char(copy=False)
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
    # For those who type the end of a plate or a VIN.
    _license_plate_end_idx = models.Index("(reverse(license_plate) text_pattern_ops)")
    _vin_sn_end_idx = models.Index("(reverse(vin_sn) text_pattern_ops)")
    _vin_sn_start_idx = models.Index("(vin_sn text_pattern_ops)")

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
        Reading = self.env["workshop.vehicle.reading"]
        Reading.flush_model(["vehicle_id", "read_at", "supersedes_id"])
        # By the index over them: a car may have been read a thousand times.
        rows = self.env.execute_query(
            SQL(
                """
                SELECT vehicle.id, newest.id
                  FROM unnest(%s::integer[]) AS vehicle(id),
                       LATERAL (SELECT reading.id
                                  FROM workshop_vehicle_reading AS reading
                                 WHERE reading.vehicle_id = vehicle.id
                                   AND NOT EXISTS (
                                       SELECT FROM workshop_vehicle_reading AS later
                                        WHERE later.supersedes_id = reading.id)
                                 ORDER BY reading.read_at DESC, reading.id DESC
                                 LIMIT 1) AS newest
                """,
                self._origin.ids,
            )
        )
        found = dict(rows)
        newest_readings = Reading.browse(found.values())
        newest_readings.fetch(["value", "read_at"])
        for vehicle in self:
            newest = Reading.browse(found.get(vehicle._origin.id))
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
                    "%(problem)s Read it again from the car. If it truly stands there,"
                    " tick “VIN Read Twice”.",
                    problem=self._explain_vin(number),
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        # A vehicle archived just before gives its plate free.
        self.flush_model(["active", "license_plate"])
        vals_list = [self._normalise(vals) for vals in vals_list]
        self._check_plates_free(
            [vals.get("license_plate") for vals in vals_list if vals.get("active", 1)]
        )
        return super().create(vals_list)

    def write(self, vals):
        vals = self._normalise(vals)
        if vals.get("license_plate"):
            self._check_plates_free([vals["license_plate"]])
        elif vals.get("active"):
            self._check_plates_free(self.mapped("license_plate"))
        return super().write(vals)

    def copy_data(self, default=None):
        # Two current vehicles never bear one plate.
        return super().copy_data({"license_plate": False, **(default or {})})

    @api.model
    def find_by_plate_or_vin(self, text):
        """Current vehicles that the text names.

        It may be a plate, with or without its province's sign, a VIN, the end of
        either, or what a scanner read from a VIN's label.
        """
        number, end = plate.normalise(text), vin.normalise(text)
        found = self.browse()
        if number:
            found = self.search([("license_plate", "=", number)])
        if not found and (whole := vin.read_label(text) or end):
            found = self.search([("vin_sn", "=", whole)])
        if not found and len(end) < vin.LENGTH:
            if len(end) >= SHORTEST_VIN_END:
                found |= self._search_end("vin_sn", end)
            if len(number) >= SHORTEST_PLATE_END and not plate.is_chinese(number):
                found |= self._search_end("license_plate", number)
        return found

    @api.model
    def identify(self, text):
        """What the text at the desk means, as a dictionary for its screen.

        ``kind`` is ``known`` (one vehicle), ``several``, ``new_vin`` (with what the VIN
        tells), ``bad_vin`` (with why it cannot be one), ``new_plate`` or ``nothing``.
        """
        self.browse().check_access("read")
        found = self.find_by_plate_or_vin(text)
        if found:
            kind = "known" if len(found) == 1 else "several"
            return {"kind": kind, "vehicle_ids": found.ids}
        number = plate.normalise(text)
        if not number:
            return {"kind": "nothing"}
        label = vin.read_label(text)
        if label and vin.is_valid(label):
            return {"kind": "new_vin", "vin": label, **self._propose(label)}
        if plate.is_chinese(number) or len(number) <= LONGEST_PLATE:
            return {"kind": "new_plate", "plate": number}
        wrong = label or vin.normalise(text)
        return {
            "kind": "bad_vin",
            "vin": wrong,
            "message": self._explain_vin(wrong),
            "suggestion": vin.suggest(wrong),
        }

    def doubt_reading(self, value):
        """Why an odometer hardly shows this now, as a dictionary; else False.

        ``backwards`` demands a reason, ``jump`` is worth a second look.
        """
        self.ensure_one()
        self.check_access("read")
        former = self.last_reading_id
        if not former:
            return False
        said = {
            "other": former.display_name,
            "day": fields.Date.to_string(
                fields.Datetime.context_timestamp(self, former.read_at)
            ),
        }
        if value < former.value:
            return {
                "kind": "backwards",
                "reading_id": former.id,
                "message": self.env._(
                    "It showed %(other)s on %(day)s already. Read it again, correct"
                    " that reading, or say why the odometer runs backwards.",
                    **said,
                ),
            }
        days = (fields.Datetime.now() - former.read_at).days + 1
        if value - former.value > days * PLAUSIBLE_PER_DAY:
            return {
                "kind": "jump",
                "reading_id": former.id,
                "message": self.env._(
                    "It showed %(other)s on %(day)s: is there a digit too many?",
                    **said,
                ),
            }
        return False

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

    def _get_model_year(self):
        """The year that is on file, or what the VIN says; 0: neither."""
        self.ensure_one()
        return int(self.model_year or 0) or self.vin_year

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
    def _search_end(self, name, end):
        """Vehicles whose plate or VIN ends so, by the index over it backwards."""
        column = SQL.identifier(name)
        self.flush_model([name])
        ending = SQL(
            "(SELECT id FROM fleet_vehicle WHERE reverse(%s) LIKE %s)",
            column,
            end[::-1] + "%",
        )
        return self.search([("id", "in", ending)], limit=20)

    @api.model
    def _propose(self, number):
        """What a valid VIN tells of a vehicle that nobody has entered yet."""
        latest = fields.Date.context_today(self).year + 1
        decoded = vin.decode(number, latest)
        # The first eight characters describe the type: the chain may know the like.
        like = self.with_context(active_test=False).search(
            [("vin_sn", "=like", f"{number[:8]}%")], order="id desc", limit=1
        )
        return {
            "maker": decoded.maker,
            "country": self._translate_country(decoded.country),
            "year": decoded.year or False,
            "plant": decoded.plant,
            "serial": decoded.serial,
            "checked": vin.has_check_digit(number),
            "model_id": like.model_id.id,
            "model": like.model_id.display_name or "",
            "engine": like.engine or "",
        }

    @api.model
    def _translate_country(self, name):
        """A country of the VIN's decoder, which speaks English, in the user's words."""
        countries = self.env["res.country"]
        found = countries.with_context(lang="en_US").search([("name", "=", name)])
        return found[:1].with_env(self.env).name or name

    @api.model
    def _explain_vin(self, number):
        """Why this cannot be a VIN, as a sentence."""
        match vin.problem(number):
            case "length":
                return self.env._(
                    "%(vin)s has %(count)s characters, and a VIN has 17.",
                    vin=number,
                    count=len(number),
                )
            case "letters":
                return self.env._(
                    "%(vin)s cannot be a VIN: I, O and Q never occur in one.",
                    vin=number,
                )
            case "check_digit":
                return self.env._(
                    "%(vin)s cannot be a VIN: a character is wrong, for its ninth, the"
                    " check digit, does not fit the others.",
                    vin=number,
                )
        return ""

    def _check_plates_free(self, plates):
        """Say who bears a plate; that nobody else does is held by the database."""
        plates = [each for each in plates if each]
        if not plates:
            return
        self.flush_model(["active", "license_plate"])
        # sudo: who bears it is told whoever asks.
        other = self.sudo().search(
            [("license_plate", "in", plates), ("id", "not in", self.ids)], limit=1
        )
        if other:
            raise ValidationError(
                self.env._(
                    "%(plate)s is the plate of %(vehicle)s%(owner)s. If that car is"
                    " gone, archive it; if the plate went to this one, take it off"
                    " there first.",
                    plate=other.license_plate,
                    vehicle=other.model_id.display_name,
                    owner=f" ({other.owner_id.name})" if other.owner_id else "",
                )
            )

    def _give_up_plate(self):
        """The plate went to another car; this one stays, without it."""
        for vehicle in self.filtered("license_plate"):
            former = vehicle.license_plate
            vehicle.license_plate = False
            vehicle.message_post(
                body=self.env._("The plate %s went to another car.", former)
            )

    @api.model
    def _normalise(self, vals):
        vals = dict(vals)
        if "vin_sn" in vals:
            vals["vin_sn"] = vin.normalise(vals["vin_sn"]) or False
        if "license_plate" in vals:
            vals["license_plate"] = plate.normalise(vals["license_plate"]) or False
        return vals
