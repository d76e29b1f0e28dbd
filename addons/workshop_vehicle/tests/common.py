from odoo.addons.workshop_chain.tests.common import WorkshopChainCommon

VALID_VIN = "LSVAA2180E2123453"


class WorkshopVehicleCommon(WorkshopChainCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.brand = cls.env["fleet.vehicle.model.brand"].create({"name": "Testwagen"})
        cls.model = cls.env["fleet.vehicle.model"].create(
            {"name": "Lavida", "brand_id": cls.brand.id}
        )
        cls.advisor = cls._create_user("ada", "advisor")
        cls.technician = cls._create_user("tess", "technician")
        cls.wang, cls.li = cls.env["res.partner"].create(
            [{"name": "Wang Wei"}, {"name": "Li Na"}]
        )
        cls.vehicle = cls._create_vehicle(license_plate="粤A12345")

    @classmethod
    def _create_vehicle(cls, **vals):
        return cls.env["fleet.vehicle"].create({"model_id": cls.model.id, **vals})
