from odoo import models


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    def _name_operation_types(self):
        """Name the warehouse's operation types in the context's language.

        Odoo names them in the language of whoever makes the warehouse, and in no other.
        """
        self.ensure_one()
        for field, name in self._operation_type_names().items():
            if self[field]:
                self[field].name = name

    def _name_former_operation_types(self):
        """Name in every language what was named in one only, and by nobody since."""
        langs = [code for code, _name in self.env["res.lang"].get_installed()]
        for warehouse in self:
            spoken = [warehouse.with_context(lang=lang) for lang in langs]
            names = [each._operation_type_names() for each in spoken]
            by_odoo = [each._odoo_operation_type_names() for each in spoken]
            for field in names[0]:
                now = {each[field].name for each in spoken}
                if len(now) == 1 and now <= {n[field] for n in (*names, *by_odoo)}:
                    for each, its in zip(spoken, names, strict=True):
                        each[field].name = its[field]

    def _operation_type_names(self):
        """By field of the warehouse, what its type is called in this language.

        Odoo's Chinese for goods that come in is the word for a paper that says so.
        """
        return {
            **self._odoo_operation_type_names(),
            "in_type_id": self.env._("Receipts"),
        }

    def _odoo_operation_type_names(self):
        values, _next_sequence = self._get_picking_type_create_values(0)
        return {field: vals["name"] for field, vals in values.items()}
