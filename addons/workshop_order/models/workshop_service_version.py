from odoo import models


class WorkshopServiceVersion(models.Model):
    _inherit = "workshop.service.version"

    def _maintenance_interval(self):
        """After which distance in km and how many months the service is due again."""
        self.ensure_one()
        return self.interval_km, self.interval_months

    def _quote(self, vehicle):
        """What the service costs on this vehicle, tax included.

        :param vehicle: may be a new record of which only the model is known.
        """
        self.ensure_one()
        if self.is_free:
            return 0
        store = self.env.company
        parts = sum(
            quantity * product.lst_price
            for product, quantity in self._get_fitting_parts(vehicle, store)
        )
        return self._get_price(vehicle, store) + parts
