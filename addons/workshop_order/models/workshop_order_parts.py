from odoo import models


class WorkshopOrder(models.Model):
    """The order's parts: what is agreed is procured at once."""

    _inherit = "workshop.order"

    def _authorise(self, jobs):
        result = super()._authorise(jobs)
        jobs._procure_parts()
        return result
