from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from workbay_contract.types import canonical, sha256

RECEPTION = {
    "company_id",
    "complaint",
    "odometer",
    "partner_id",
    "plate",
    "service_ids",
    "vehicle_id",
    "vin",
}


class WorkshopReceptionMixin(models.AbstractModel):
    """How a work order begins: the only way to make one."""

    _name = "workshop.reception.mixin"
    _description = "Workshop Reception"

    @api.model
    def receive(self, vals):
        """Receive a car: its order, jobs from HQ's standards, and their bill.

        The same car with the same words, odometer and services on the same day is one
        reception, however often the button is pressed.

        :param dict vals: ``plate``, ``vin`` or ``vehicle_id``; ``odometer``; optional
            ``complaint``, ``service_ids``, ``partner_id`` (default: the vehicle's
            owner), ``company_id`` (default: the active store).
        :return: the order.
        """
        if unknown := set(vals) - RECEPTION:
            raise ValidationError(
                self.env._("Unknown values: %s.", ", ".join(sorted(unknown)))
            )
        self.browse().check_access("create")
        store = self._reception_store(vals)
        self = self.with_company(store)
        vehicle = self._reception_vehicle(vals)
        services = self.env["workshop.service"].browse(vals.get("service_ids") or [])
        key = self._reception_key(store, vehicle, services, vals)
        # sudo: the key is for nobody to read; the order found is the caller's own.
        same = self.sudo().search(
            [
                ("company_id", "=", store.id),
                ("reception_key", "=", key),
                ("state", "!=", "cancelled"),
            ]
        )
        if same:
            return same.with_env(self.env)
        order = self._create_received(
            {
                **self._prepare_received_vals(store, vehicle, vals),
                "reception_key": key,
            }
        )
        order.add_services(services.ids)
        return order

    def _reception_store(self, vals):
        store = self.env.company
        if vals.get("company_id"):
            store = self.env["res.company"].browse(vals["company_id"])
        if not store.is_store:
            raise UserError(self.env._("Cars are received in a store: choose one."))
        return store

    def _reception_vehicle(self, vals):
        if vals.get("vehicle_id"):
            return self.env["fleet.vehicle"].browse(vals["vehicle_id"])
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

    def _reception_key(self, store, vehicle, services, vals):
        return sha256(
            canonical(
                {
                    "complaint": (vals.get("complaint") or "").strip(),
                    "day": str(store._workshop_day(fields.Datetime.now())),
                    "odometer": vals.get("odometer"),
                    "services": sorted(services.ids),
                    "vehicle": vehicle.id,
                }
            )
        )

    def _prepare_received_vals(self, store, vehicle, vals):
        partner = vehicle.owner_id
        if vals.get("partner_id"):
            partner = self.env["res.partner"].browse(vals["partner_id"])
        if not partner:
            raise UserError(
                self.env._(
                    "%(vehicle)s has no owner: enter whose car it is.",
                    vehicle=vehicle.display_name,
                )
            )
        if vals.get("odometer") is None:
            raise UserError(self.env._("Read the odometer first."))
        now = fields.Datetime.now()
        release = self.env["workshop.release"]._in_force(store._workshop_day(now))
        reading = self.env["workshop.vehicle.reading"].create(
            {
                "vehicle_id": vehicle.id,
                "value": vals["odometer"],
                "read_at": now,
                "company_id": store.id,
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
