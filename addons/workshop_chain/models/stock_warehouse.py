from odoo import models


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    def _name_operation_types(self):
        """Name the warehouse's operation types in the context's language.

        Odoo names them in the language of whoever makes the warehouse, and in no other.
        Its Chinese for goods that come in is the word for a paper that says so.
        """
        self.ensure_one()
        values, _next_sequence = self._get_picking_type_create_values(0)
        names = {field: vals["name"] for field, vals in values.items()}
        names["in_type_id"] = self.env._("Receipts")
        for field, name in names.items():
            if self[field]:
                self[field].name = name
