import base64
import binascii

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError, ValidationError
from odoo.tools import SQL
from odoo.tools.image import ImageProcess

from workbay_contract.types import canonical, sha256

RECEPTION = {
    "again",
    "belongings",
    "change_owner",
    "company_id",
    "complaint",
    "fuel_level",
    "key",
    "odometer",
    "odometer_reason",
    "off_standard",
    "package_ids",
    "partner",
    "partner_id",
    "photos",
    "plate",
    "service_ids",
    "signature",
    "signed_by",
    "vehicle",
    "vehicle_id",
    "vin",
}
NEW_VEHICLE = {
    "color",
    "engine",
    "license_plate",
    "model_id",
    "model_year",
    "take_plate",
    "vin_confirmed",
    "vin_sn",
}
NEW_PARTNER = {"email", "name", "phone"}
MAX_PHOTOS = 12
# Wide enough for a scratch to be seen, small enough for a store's line.
PHOTO_SIZE = (1920, 1920)


class WorkshopReceptionMixin(models.AbstractModel):
    """How a work order begins: the only way to make one."""

    _name = "workshop.reception.mixin"
    _description = "Workshop Reception"

    fuel_level = fields.Integer(
        "Fuel or Charge (%)",
        readonly=True,
        aggregator=None,
        help="What the gauge showed when the car was handed over; -1: not read.",
        default=-1,
    )
    belongings = fields.Text("Belongings in the Car", readonly=True)
    condition_photo_ids = fields.Many2many(
        "ir.attachment",
        "workshop_order_condition_photo_rel",
        string="Condition at Reception",
        readonly=True,
        copy=False,
    )
    reception_signature = fields.Image(
        "Signed at Reception",
        readonly=True,
        copy=False,
        max_width=1024,
        max_height=512,
    )
    reception_signed_by = fields.Char("Handed over by", readonly=True, copy=False)

    _fuel_level_range = models.Constraint(
        "CHECK (fuel_level BETWEEN -1 AND 100)", "A gauge shows 0 to 100 percent."
    )

    @api.model
    def receive(self, vals):
        """Receive a car: its order, jobs from HQ's standards, and their bill.

        One ``key`` is one reception, however often the button is pressed or the line
        breaks. Without a key, the same car with the same words, odometer and services
        on the same day is one.

        :param dict vals: ``plate``, ``vin`` or ``vehicle_id``, or ``vehicle`` with the
            values of a new one; ``odometer``; optional ``odometer_reason`` (why it
            shows less than before), ``complaint``, ``service_ids``, ``package_ids``,
            ``again`` (what is to be made good: pairs of a job's id and ``warranty`` or
            ``comeback``, see ``add_again``), ``partner_id`` (default: the vehicle's
            owner) or ``partner`` with the values of a new one, ``change_owner`` (the
            vehicle is that partner's from today), ``company_id`` (default: the active
            store), ``fuel_level``, ``belongings``, ``photos`` and ``signature`` (images
            in base64), ``signed_by``, ``key``, and ``off_standard``: jobs outside the
            standards, dictionaries of ``text``, ``hours`` and ``price``.
        :return: the order.
        """
        if unknown := set(vals) - RECEPTION:
            raise ValidationError(
                self.env._("Unknown values: %s.", ", ".join(sorted(unknown)))
            )
        self.browse().check_access("create")
        store = self._reception_store(vals)
        self = self.with_company(store)
        if same := self._reception_keyed(store, vals):
            return same
        vehicle = self._reception_vehicle(vals)
        self._reception_lock(vehicle)
        services = self.env["workshop.service"].browse(vals.get("service_ids") or [])
        key = self._reception_key(store, vehicle, services, vals)
        if same := self._reception_of(store, key):
            return same
        order = self._create_received(
            {
                **self._prepare_received_vals(store, vehicle, vals),
                **self._prepare_condition_vals(vals),
                "reception_key": key,
            }
        )
        order._attach_photos(vals.get("photos") or [])
        order.add_services(services.ids)
        for package_id in vals.get("package_ids") or []:
            order.add_package(package_id)
        for job_id, payer in vals.get("again") or []:
            order.add_again(job_id, payer)
        for row in vals.get("off_standard") or []:
            order.add_off_standard(row.get("text"), row.get("hours"), row.get("price"))
        return order

    def _reception_keyed(self, store, vals):
        """The order that this key made already; one caller at a time goes on."""
        if not vals.get("key"):
            return None
        key = self._reception_key(store, None, None, vals)
        [[free]] = self.env.execute_query(
            SQL("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", key)
        )
        if not free:
            raise ConcurrencyError(self.env._("The car is being received just now."))
        return self._reception_of(store, key)

    def _reception_of(self, store, key):
        # sudo: the key is for nobody to read; the order found is the caller's own.
        same = self.sudo().search(
            [
                ("company_id", "=", store.id),
                ("reception_key", "=", key),
                ("state", "!=", "cancelled"),
            ]
        )
        return same.with_env(self.env)

    def _reception_lock(self, vehicle):
        """Let the second of two receptions of a car begin anew behind the first.

        Odoo retries both what finds the row locked and what finds it changed, so that
        the second sees the first's order.
        """
        self.env.cr.execute(
            SQL(
                "SELECT id FROM fleet_vehicle WHERE id = %s FOR NO KEY UPDATE NOWAIT",
                vehicle.id,
            ),
            log_exceptions=False,
        )
        # sudo: whoever may receive need not edit vehicles.
        vehicle.sudo().last_visit_at = fields.Datetime.now()

    def _reception_store(self, vals):
        store = self.env.company
        if vals.get("company_id"):
            store = self.env["res.company"].browse(vals["company_id"])
        if not store.is_store:
            raise UserError(self.env._("Cars are received in a store: choose one."))
        return store

    def _reception_vehicle(self, vals):
        if vals.get("vehicle"):
            return self._reception_new_vehicle(vals["vehicle"])
        if vals.get("vehicle_id"):
            return self.env["fleet.vehicle"].browse(vals["vehicle_id"]).exists()
        text = vals.get("plate") or vals.get("vin") or ""
        found = self.env["fleet.vehicle"].find_by_plate_or_vin(text)
        if not found:
            raise UserError(
                self.env._("No vehicle %(text)s is known: register it.", text=text)
            )
        if len(found) > 1:
            raise UserError(
                self.env._(
                    "%(text)s fits several vehicles: %(plates)s.",
                    text=text,
                    plates=", ".join(found.mapped("display_name")),
                )
            )
        return found

    def _reception_new_vehicle(self, values):
        if unknown := set(values) - NEW_VEHICLE:
            raise ValidationError(
                self.env._("Unknown values: %s.", ", ".join(sorted(unknown)))
            )
        Vehicle = self.env["fleet.vehicle"]
        if not values.get("license_plate") and not values.get("vin_sn"):
            raise UserError(self.env._("Enter the plate or the VIN of the car."))
        if not values.get("model_id"):
            raise UserError(self.env._("Choose the model of the car."))
        values = dict(values)
        if values.pop("take_plate", False):
            plate = Vehicle._normalise(values)["license_plate"]
            Vehicle.search([("license_plate", "=", plate)])._give_up_plate()
        return Vehicle.create(values)

    def _reception_partner(self, vehicle, vals):
        if values := vals.get("partner"):
            if unknown := set(values) - NEW_PARTNER:
                raise ValidationError(
                    self.env._("Unknown values: %s.", ", ".join(sorted(unknown)))
                )
            partner = self.env["res.partner"].create(values)
        elif vals.get("partner_id"):
            partner = self.env["res.partner"].browse(vals["partner_id"])
        else:
            partner = vehicle.owner_id
        if not partner:
            raise UserError(
                self.env._(
                    "%(vehicle)s has no owner: enter whose car it is.",
                    vehicle=vehicle.display_name,
                )
            )
        if not vehicle.owner_id or vals.get("change_owner"):
            vehicle._set_owner(partner, fields.Date.context_today(self))
        return partner

    def _reception_key(self, store, vehicle, services, vals):
        if vals.get("key"):
            return sha256(canonical({"key": str(vals["key"])}))
        return sha256(
            canonical(
                {
                    "again": sorted(vals.get("again") or []),
                    "complaint": (vals.get("complaint") or "").strip(),
                    "day": str(store._workshop_day(fields.Datetime.now())),
                    "odometer": vals.get("odometer"),
                    "packages": sorted(vals.get("package_ids") or []),
                    "services": sorted(services.ids),
                    "vehicle": vehicle.id,
                }
            )
        )

    def _prepare_received_vals(self, store, vehicle, vals):
        partner = self._reception_partner(vehicle, vals)
        if vals.get("odometer") is None:
            raise UserError(self.env._("Read the odometer first."))
        now = fields.Datetime.now()
        release = self.env["workshop.release"]._in_force(store._workshop_day(now))
        reason = (vals.get("odometer_reason") or "").strip()
        less = vehicle.last_reading_id and vals["odometer"] < vehicle.last_reading
        reading = self.env["workshop.vehicle.reading"].create(
            {
                "vehicle_id": vehicle.id,
                "value": vals["odometer"],
                "read_at": now,
                "company_id": store.id,
                "is_backwards": bool(less and reason),
                "reason": reason if less else False,
            }
        )
        return {
            "name": store._workshop_order_sequence().next_by_id(),
            "company_id": store.id,
            "vehicle_id": vehicle.id,
            "partner_id": partner.id,
            "complaint": (vals.get("complaint") or "").strip(),
            "reading_id": reading.id,
            "received_at": now,
            "advisor_id": self.env.uid,
            "release_id": release.id,
        }

    def _prepare_condition_vals(self, vals):
        """How the car was handed over."""
        level = vals.get("fuel_level")
        signature = vals.get("signature") or False
        if signature and not (vals.get("signed_by") or "").strip():
            raise UserError(self.env._("Enter the name of the person who signs."))
        return {
            "fuel_level": -1 if level in (None, False) else level,
            "belongings": (vals.get("belongings") or "").strip(),
            "reception_signature": signature,
            "reception_signed_by": signature and vals["signed_by"].strip(),
        }

    def _attach_photos(self, photos):
        """Keep the photos of the car's condition with its order."""
        if len(photos) > MAX_PHOTOS:
            raise UserError(self.env._("Take %(max)s photos at most.", max=MAX_PHOTOS))
        if not photos:
            return
        # sudo: the order, to which the right was checked, can be changed by no one.
        attachments = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                [
                    {
                        "name": f"{self.name}-{number}.jpg",
                        "res_model": self._name,
                        "res_id": self.id,
                        "raw": self._read_photo(photo),
                    }
                    for number, photo in enumerate(photos, start=1)
                ]
            )
        )
        # sudo: kept with the car's reception, whoever looks at it later.
        self.sudo()._put({"condition_photo_ids": [fields.Command.set(attachments.ids)]})

    def _read_photo(self, photo):
        """The bytes of an image in base64, no larger than it is needed."""
        try:
            image = ImageProcess(base64.b64decode(photo or "", validate=True))
        except (binascii.Error, TypeError, UserError) as error:
            raise self._no_picture() from error
        if not image.image:  # empty, or an SVG, which may hold a script
            raise self._no_picture()
        return image.resize(*PHOTO_SIZE).image_quality(output_format="JPEG")

    def _no_picture(self):
        return UserError(self.env._("This photo is no picture: take it again."))

    @api.model
    def _prepare_bill_vals(self, vals):
        # sudo: an advisor need not see warehouses to sell from his store's.
        warehouse = (
            self.env["stock.warehouse"]
            .sudo()
            .search([("company_id", "=", vals["company_id"])], limit=1)
        )
        return {
            "partner_id": vals["partner_id"],
            "company_id": vals["company_id"],
            "warehouse_id": warehouse.id,
            "origin": vals["name"],
            "user_id": vals["advisor_id"],
            # Prices come from the release, in the company's currency; and the customer
            # agrees to jobs, not to a quotation.
            "pricelist_id": False,
            "require_signature": False,
            "require_payment": False,
        }
