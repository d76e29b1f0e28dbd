from odoo.fields import Command

from odoo.addons.workshop_chain.tests.common import WorkshopChainCommon


class WorkshopStandardCommon(WorkshopChainCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hanna = cls._create_user("hanna", "hq_manager", stores=cls.hq)
        cls.process = cls.env.ref("workshop_standard.workshop_process_standard")
        cls.category = cls.env["workshop.service.category"].create({"name": "Care"})
        cls.filter = cls.env["product.product"].create(
            {"name": "Oil filter", "type": "consu"}
        )
        cls.oil, cls.brakes = cls.env["workshop.service"].create(
            [
                {"code": "TOIL", "name": "Oil change", "category_id": cls.category.id},
                {"code": "TBRK", "name": "Brakes", "category_id": cls.category.id},
            ]
        )

    @classmethod
    def _create_release(cls, name, effective_on, services=None, **vals):
        release = cls.env["workshop.release"].create(
            {"name": name, "effective_on": effective_on, **vals}
        )
        missing = (
            cls.oil if services is None else services
        ) - release.version_ids.service_id
        cls.env["workshop.service.version"].create(
            [
                {
                    "release_id": release.id,
                    "service_id": service.id,
                    "process_id": cls.process.id,
                    "labour_hours": 0.5,
                    "price": 120,
                    "step_ids": [
                        Command.create({"name": "Drain the oil", "sequence": 1}),
                        Command.create(
                            {
                                "name": "Tighten the plug",
                                "sequence": 2,
                                "is_check": True,
                                "limit_kind": "between",
                                "limit_min": 25,
                                "limit_max": 30,
                                "unit": "N·m",
                            }
                        ),
                    ],
                    "part_ids": [
                        Command.create({"product_id": cls.filter.id, "quantity": 1})
                    ],
                }
                for service in missing
            ]
        )
        return release

    @classmethod
    def _create_vehicle(cls, brand="Testwagen", model="Lavida", **vals):
        Brand = cls.env["fleet.vehicle.model.brand"]
        maker = Brand.search([("name", "=", brand)]) or Brand.create({"name": brand})
        vehicle_model = cls.env["fleet.vehicle.model"].create(
            {
                "name": model,
                "brand_id": maker.id,
                "default_fuel_type": "gasoline",
                "workshop_class_id": vals.pop("workshop_class_id", False),
            }
        )
        return cls.env["fleet.vehicle"].create({"model_id": vehicle_model.id, **vals})

    @classmethod
    def _create_process(cls, nodes, code="drawn"):
        """``nodes``: by code, (initial, codes that follow, state, role codes)."""
        process = cls.env["workshop.process"].create({"name": "Drawn", "code": code})
        made = {
            node: cls.env["workshop.process.node"].create(
                {
                    "process_id": process.id,
                    "code": node,
                    "name": node.capitalize(),
                    "sequence": place,
                    "is_initial": initial,
                    "state": state,
                    "role_ids": [
                        Command.set(
                            cls.env["workshop.role"].search([("code", "in", roles)]).ids
                        )
                    ],
                }
            )
            for place, (node, (initial, _next, state, roles)) in enumerate(
                nodes.items()
            )
        }
        for node, (_initial, following, _state, _roles) in nodes.items():
            made[node].next_ids = [Command.set([made[f].id for f in following])]
        return process
