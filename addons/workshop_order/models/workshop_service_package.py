from odoo import models


class WorkshopServicePackage(models.Model):
    _inherit = "workshop.service.package"

    def _quote(self, vehicle, store, alone):
        """What the package costs on this vehicle, parts and tax included.

        :param vehicle: may be a new record of which only the model is known.
        :param alone: what its services cost there one by one, parts included.
        """
        self.ensure_one()
        labour = sum(
            version.with_company(store)._get_price(vehicle, store)
            for version in self._get_versions()
        )
        return self.price + alone - labour
