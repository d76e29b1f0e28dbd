import time
import uuid

from psycopg2.errors import InsufficientPrivilege

from odoo import fields
from odoo.fields import Command
from odoo.tools import mute_logger

from odoo.addons.workshop_vehicle.tests.common import WorkshopVehicleCommon

from workbay_contract.events import MediaRef
from workbay_contract.types import sha256

from ..floor.facts import Fact, Source
from .films import photo


class WorkshopOrderCommon(WorkshopVehicleCommon):
    """A store with its people, a released standard of two services, and a car."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hq.account_price_include = "tax_included"
        cls.inspector = cls._create_user("quinn", "qc")
        cls.lead = cls._create_user("leo", "technician_lead")
        cls.cashier = cls._create_user("casey", "cashier")
        cls.keeper = cls._create_user("pia", "parts_keeper")
        cls.manager = cls._create_user("max", "store_manager")
        cls.stranger = cls._create_user("otto", "advisor", stores=cls.other_store)
        cls.bay = cls.env["workshop.bay"].create(
            {"name": "Lift", "code": "B1", "company_id": cls.store.id}
        )
        cls.oil, cls.filter = cls.env["product.product"].create(
            [
                {
                    "name": name,
                    "type": "consu",
                    "is_storable": True,
                    "invoice_policy": "delivery",
                    "lst_price": price,
                    "taxes_id": [Command.set(cls.hq.account_sale_tax_id.ids)],
                }
                for name, price in (("Oil 5W-30", 68), ("Oil filter", 45))
            ]
        )
        cls._stock(cls.oil, 20)
        cls._stock(cls.filter, 10)
        cls.oil_service = cls._create_service("OIL-T", "Oil change")
        cls.brake_service = cls._create_service("BRK-T", "Brake check")
        cls.release = cls._release(
            "Test release",
            {
                cls.oil_service: (120, 0.6, {cls.oil: 4, cls.filter: 1}),
                cls.brake_service: (80, 0.5, {}),
            },
            packages={"Spring check": (150, cls.oil_service | cls.brake_service)},
        )
        cls.package = cls.release.package_ids.filtered(
            lambda package: package.name == "Spring check"
        )
        cls.vehicle._set_owner(cls.wang, fields.Date.today())

    @classmethod
    def _stock(cls, product, quantity):
        warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.store.id)], limit=1
        )
        cls.env["stock.quant"].with_company(cls.store)._update_available_quantity(
            product, warehouse.lot_stock_id, quantity
        )

    @classmethod
    def _count(cls, product, quantity, user=None):
        """The parts keeper says how much of it lies on the store's shelf."""
        warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.store.id)], limit=1
        )
        quants = cls.env["stock.quant"].with_user(user or cls.keeper)
        quants.with_company(cls.store).with_context(inventory_mode=True).create(
            {
                "product_id": product.id,
                "location_id": warehouse.lot_stock_id.id,
                "inventory_quantity": quantity,
            }
        ).action_apply_inventory()
        cls.env.invalidate_all()

    @classmethod
    def _create_service(cls, code, name):
        category = cls.env["workshop.service.category"].search([], limit=1)
        service = cls.env["workshop.service"].create(
            {
                "code": code,
                "name": name,
                "category_id": (category or category.create({"name": "Test"})).id,
            }
        )
        service.product_id.taxes_id = cls.hq.account_sale_tax_id
        return service

    @classmethod
    def _release(cls, name, services, effective_on=None, packages=()):
        release = cls.env["workshop.release"].create(
            {
                "name": name,
                "effective_on": effective_on
                or cls.store._workshop_day(fields.Datetime.now()),
                "currency_id": cls.hq.currency_id.id,
                "package_ids": [
                    Command.create(
                        {
                            "code": title,
                            "name": title,
                            "price": packages[title][0],
                            "category_id": packages[title][1].category_id[:1].id,
                            "service_ids": [Command.set(packages[title][1].ids)],
                        }
                    )
                    for title in packages
                ],
                "version_ids": [
                    Command.create(
                        {
                            "service_id": service.id,
                            **cls._prepare_version_vals(service),
                            "price": price,
                            "labour_hours": hours,
                            "step_ids": [
                                Command.create({"name": "Lift the car"}),
                                Command.create(
                                    {
                                        "name": "Tighten the plug",
                                        "tool": "Torque wrench",
                                        "limit_kind": "between",
                                        "limit_min": 25,
                                        "limit_max": 30,
                                        "unit": "N·m",
                                    }
                                ),
                            ],
                            "part_ids": [
                                Command.create(vals)
                                for part, quantity in parts.items()
                                for vals in cls._prepare_kit(part, quantity)
                            ],
                        }
                    )
                    for service, (price, hours, parts) in services.items()
                ],
            }
        )
        release.action_release()
        return release

    @classmethod
    def _prepare_kit(cls, part, quantity):
        """The kit's lines for one part; with others that stand in for it, several."""
        return [{"product_id": part.id, "quantity": quantity}]

    @classmethod
    def _prepare_version_vals(cls, service):
        """Further values of a service's version, for tests that need any."""
        return {}

    @classmethod
    def _receive(cls, user=None, **vals):
        Order = cls.env["workshop.order"].with_user(user or cls.advisor)
        return Order.receive(
            {
                "plate": "粤A12345",
                "odometer": 42_000,
                "complaint": "Squeaks when braking",
                "service_ids": cls.oil_service.ids,
                **vals,
            }
        )

    @classmethod
    def _confirm(cls, job, node, user, *photos, reason=None):
        """A node confirmed at the bay, as if its proof had been checked."""
        job = job.sudo()
        raw = f"{job.id} {node} {user.id} {uuid.uuid4()}"
        fact = Fact(
            raw=raw,
            raw_hash=sha256(raw.encode()),
            uuid=str(uuid.uuid4()),
            order_id=job.order_id.id,
            job_id=job.id,
            node=node,
            user_id=user.id,
            at_ms=round(time.time() * 1000),
            sheet=job.order_id.sheet_hash,
            reason=reason,
            media=tuple(
                MediaRef(
                    sha256=sha256(data),
                    size=len(data),
                    type="video/mp4" if data[4:8] == b"ftyp" else "image/jpeg",
                )
                for data in photos
            ),
        )
        source = Source(job.company_id.id, cls.bay.id, [fact])
        verdicts = cls.env["workshop.event"]._record([source])
        cls.env.invalidate_all()
        return verdicts[0]

    @classmethod
    def _finish(cls, job):
        cls._confirm(job, "start", cls.technician)
        verdict = cls._confirm(job, "finish", cls.technician, photo())
        cls._bring(photo())
        cls._settle(job.order_id)
        return verdict

    @classmethod
    def _bring(cls, *photos):
        """The bytes of photos that events have named arrive."""
        for data in photos:
            media = cls.env["workshop.media"].search([("sha256", "=", sha256(data))])
            if media.state != "verified":
                media._store(data)

    @classmethod
    def _pass(cls, job):
        cls._finish(job)
        verdict = cls._confirm(job, "qc_pass", cls.inspector)
        cls._settle(job.order_id)
        return verdict

    @classmethod
    def _settle(cls, order):
        """As the queue does, after the events have committed."""
        cls.env["workshop.consequence"]._drain(order.ids)
        cls.env.invalidate_all()

    def _credit(self, invoice, post=True):
        """The credit note, as the cashier makes it by Odoo's own dialog."""
        reversal = (
            self.env["account.move.reversal"]
            .with_user(self.cashier)
            .with_company(self.store)
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        action = reversal.refund_moves()
        note = self.env["account.move"].browse(action["res_id"])
        note = note.with_user(self.cashier).with_company(self.store)
        if post:
            note.action_post()
            self.env.invalidate_all()
        return note

    def _till(self, journal):
        """What the books say of this journal's money."""
        lines = self.env["account.move.line"].search(
            [
                ("account_id", "=", journal.default_account_id.id),
                ("parent_state", "=", "posted"),
                ("company_id", "=", self.store.id),
            ]
        )
        return sum(lines.mapped("balance"))

    def _assert_append_only(self, query):
        """The database itself refuses the statement, whoever asks."""
        with (
            self.subTest(query),
            self.assertRaisesRegex(InsufficientPrivilege, "append-only"),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(query)
