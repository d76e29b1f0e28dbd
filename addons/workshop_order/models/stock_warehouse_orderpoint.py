from odoo import models


class StockWarehouseOrderpoint(models.Model):
    _inherit = "stock.warehouse.orderpoint"

    def _compute_deadline_date(self):  # pylint: disable=missing-return
        """Each company's rules as that company sees its moves.

        Odoo computes the rules of all companies again when one of them moves the
        product, and looks for moves in the companies of whoever moves it: a store's
        deadline would vanish with the next car at another store, and stores that have
        nothing to do with each other would wait for each other's rows.
        """
        for company, orderpoints in self.grouped("company_id").items():
            super(
                StockWarehouseOrderpoint,
                orderpoints.with_context(allowed_company_ids=company.ids),
            )._compute_deadline_date()
