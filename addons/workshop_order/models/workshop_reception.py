from odoo import api, fields, models
from odoo.exceptions import UserError

from .fleet_vehicle import RECENT


class WorkshopReception(models.AbstractModel):
    """What the reception's screen asks for; ``workshop.order.receive`` does the rest.

    Everything comes in one answer, so that a known car is there at one key press.
    """

    _name = "workshop.reception"
    _description = "Reception Desk"

    @api.model
    def start(self):
        """What the screen needs before a car is named."""
        self._check_desk()
        stores = self.env["res.company"].browse(
            self.env.context.get("allowed_company_ids") or self.env.company.ids
        )
        stores = stores.filtered("is_store") or self.env.user.company_ids.filtered(
            "is_store"
        )
        return {
            "stores": [{"id": store.id, "name": store.name} for store in stores],
            "user": self.env.user.name,
            "most_off_standard": self.env["workshop.discount.limit"]._get_limit(
                "off_standard_price"
            ),
        }

    @api.model
    def look_up(self, text, company_id=None, vehicle_id=None):
        """Everything about the car that the text names, or that was chosen.

        :return: what ``fleet.vehicle.identify`` answers, with ``file`` where one car is
            meant, and ``candidates`` where several are.
        """
        self._check_desk()
        store = self._store(company_id)
        Vehicle = self.env["fleet.vehicle"].with_company(store)
        if vehicle_id:
            told = {"kind": "known", "vehicle_ids": [vehicle_id]}
        else:
            told = Vehicle.identify(text)
        vehicles = Vehicle.browse(told.get("vehicle_ids", []))
        if told["kind"] == "known":
            told["file"] = self._file(vehicles, store)
            told.update(self._offers(vehicles, store))
        elif told["kind"] == "several":
            told["candidates"] = [self._vehicle(vehicle) for vehicle in vehicles]
        elif told["kind"] in ("new_vin", "new_plate", "bad_vin"):
            model = Vehicle.new({"model_id": told.get("model_id")})
            told.update(self._offers(model, store))
        told["currency_id"] = store.currency_id.id
        return told

    @api.model
    def quote(self, company_id=None, vehicle_id=None, model_id=None):
        """The store's ``services`` and ``packages`` with their prices on this car."""
        self._check_desk()
        store = self._store(company_id)
        Vehicle = self.env["fleet.vehicle"]
        car = Vehicle.browse(vehicle_id) if vehicle_id else None
        return self._offers(car or Vehicle.new({"model_id": model_id}), store)

    @api.model
    def due(self, vehicle_id, odometer, company_id=None):
        """What is due at this reading."""
        self._check_desk()
        store = self._store(company_id)
        vehicle = self.env["fleet.vehicle"].browse(vehicle_id)
        return {
            "doubt": vehicle.doubt_reading(odometer),
            "due": self._due(vehicle, store, odometer),
            "done": self._done(vehicle, store, odometer),
        }

    @api.model
    def receive(self, vals):
        """Receive the car and name its order."""
        order = self.env["workshop.order"].receive(vals)
        return {"id": order.id, "name": order.name}

    def _check_desk(self):
        """Only those who receive cars work at this screen."""
        self.env["workshop.order"].check_access("create")

    def _store(self, company_id):
        store = self.env["res.company"].browse(company_id) or self.env.company
        if not store.is_store:
            raise UserError(self.env._("Cars are received in a store: choose one."))
        return store

    def _release(self, store):
        day = store._workshop_day(fields.Datetime.now())
        return self.env["workshop.release"]._in_force(day)

    def _file(self, vehicle, store):
        visits = self.env["workshop.vehicle.visit"].search(
            [("vehicle_id", "=", vehicle.id)], limit=RECENT
        )
        last = vehicle.last_reading_id
        return {
            "vehicle": self._vehicle(vehicle),
            "owner": self._owner(vehicle),
            "reading": last
            and {
                "id": last.id,
                "value": last.value,
                "text": last.display_name,
                "at": fields.Datetime.to_string(last.read_at),
            },
            "km_per_month": self._km_per_month(vehicle, visits),
            "visit_count": vehicle.visit_count,
            "visits": [self._visit(visit) for visit in visits],
            "present": [
                self._visit(visit)
                for visit in visits.filtered(
                    lambda visit: visit.state in ("draft", "open", "done")
                )
            ],
            "put_off": [self._put_off(job) for job in vehicle._put_off_jobs()],
            "due": self._due(vehicle, store, vehicle.last_reading),
            "done": self._done(vehicle, store, vehicle.last_reading),
        }

    def _vehicle(self, vehicle):
        return {
            "id": vehicle.id,
            "plate": vehicle.license_plate or "",
            "vin": vehicle.vin_sn or "",
            "model": vehicle.model_id.display_name,
            "year": vehicle.model_year or vehicle.vin_year or "",
            "color": vehicle.color or "",
            "engine": vehicle.engine or "",
            "unit": self._unit(vehicle),
            "tags": vehicle.tag_ids.mapped("name"),
            "note": vehicle._note_text(),
            "owner": vehicle.owner_id.name or "",
        }

    def _unit(self, vehicle):
        field = vehicle._fields["odometer_unit"]
        return dict(field._description_selection(self.env)).get(
            vehicle.odometer_unit, ""
        )

    def _owner(self, vehicle):
        partner = vehicle.owner_id
        if not partner:
            return False
        Visit = self.env["workshop.vehicle.visit"]
        [[count, first, last]] = Visit._read_group(
            [("partner_id", "=", partner.id)],
            aggregates=["__count", "received_at:min", "received_at:max"],
        )
        others = partner.workshop_owner_ids.filtered(
            lambda owner: owner._is_at(fields.Date.context_today(self))
        ).vehicle_id
        labels = {
            name: dict(partner._fields[name]._description_selection(self.env))
            for name in ("workshop_contact_by", "workshop_waiting")
        }
        return {
            "id": partner.id,
            "name": partner.name,
            "phone": partner.phone or "",
            "visits": count,
            "first": first and fields.Datetime.to_string(first),
            "last": last and fields.Datetime.to_string(last),
            "preferences": partner.workshop_preferences or "",
            "habits": [labels[name][partner[name]] for name in labels if partner[name]],
            "advisor": partner.workshop_advisor_id.name or "",
            "vehicles": [
                {"id": each.id, "plate": each.license_plate or each.display_name}
                for each in others - vehicle
            ][:RECENT],
        }

    def _visit(self, visit):
        labels = dict(visit._fields["state"]._description_selection(self.env))
        return {
            "order_id": visit.is_readable and visit.id,
            "name": visit.name,
            "at": fields.Datetime.to_string(visit.received_at),
            # sudo: the store of the chain is named to whoever sees the car.
            "store": visit.sudo().company_id.name,
            "odometer": f"{visit.odometer:,}",
            "services": visit.services,
            "complaint": visit.complaint or "",
            "state": visit.state,
            "state_name": labels[visit.state],
        }

    def _put_off(self, job):
        labels = dict(job._fields["state"]._description_selection(self.env))
        until = job.deferred_until
        return {
            "id": job.id,
            # What was agreed in words is agreed anew in words.
            "service_id": not job.is_off_standard and job.service_id.id,
            "name": job.name,
            "state": job.state,
            "state_name": labels[job.state],
            "order": job.order_id.name,
            "at": fields.Datetime.to_string(job.order_id.received_at),
            "until": until and fields.Date.to_string(until),
            "reason": job.decline_reason or "",
        }

    def _due(self, vehicle, store, odometer):
        day = store._workshop_day(fields.Datetime.now())
        release = self._release(store)
        return [
            {
                "service_id": row["version"].service_id.id,
                "name": row["version"].service_id.name,
                "status": row["status"],
                "reason": row["reason"],
            }
            for row in vehicle._due_maintenance(release, odometer, day)
        ]

    def _done(self, vehicle, store, odometer):
        """What was done here before and may have to be made good."""
        day = store._workshop_day(fields.Datetime.now())
        return vehicle._tell_done(day, odometer)[:RECENT]

    def _offers(self, vehicle, store):
        services = self._services(vehicle, store)
        return {
            "services": services,
            "packages": self._packages(vehicle, store, services),
        }

    def _packages(self, vehicle, store, services):
        """Several services for one price, beside what they cost one by one."""
        known = {row["id"]: row for row in services}
        found = []
        for package in self._release(store)._get_packages():
            rows = [known.get(service.id) for service in package.service_ids]
            if not all(rows):  # a service that HQ has archived since
                continue
            alone = sum(row["price"] for row in rows)
            found.append(
                {
                    "id": package.id,
                    "code": package.code,
                    "name": package.name,
                    "note": package.note or "",
                    "services": [row["name"] for row in rows],
                    "price": package._quote(vehicle, store, alone),
                    "alone": alone,
                    "problem": next(
                        (row["problem"] for row in rows if row["problem"]), ""
                    ),
                }
            )
        return found

    def _services(self, vehicle, store):
        versions = (
            self._release(store)
            ._get_versions()
            .filtered(
                lambda version: version.service_id.active
                and not version.service_id.is_off_standard
            )
        )
        versions = versions.with_company(store)
        return [
            {
                "id": version.service_id.id,
                "code": version.service_id.code,
                "name": version.service_id.name,
                "category": version.category_id.name,
                **self._price(version, vehicle),
                "hours": version._get_hours(vehicle),
            }
            for version in versions.sorted(
                lambda version: (
                    version.category_id.sequence,
                    version.service_id.code,
                )
            )
        ]

    def _price(self, version, vehicle):
        """The price on this car; or why it has none, as when no part of HQ's fits."""
        try:
            return {"price": version._quote(vehicle), "problem": ""}
        except UserError as error:
            return {"price": 0, "problem": str(error)}

    def _km_per_month(self, vehicle, visits):
        """How much the car is driven, by its last visits; 0 where it is not known."""
        first, last = visits[-1:], visits[:1]
        days = (last.received_at - first.received_at).days if visits else 0
        if days < 30 or last.odometer <= first.odometer:
            return 0
        return round((last.odometer - first.odometer) / days * 30.4)
