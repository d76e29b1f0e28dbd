from odoo import fields, models


class WorkshopServicePart(models.Model):
    _name = "workshop.service.part"
    _description = "Workshop Service Part"
    _inherit = ["workshop.release.guard"]
    _order = "version_id, sequence, id"

    version_id = fields.Many2one(
        "workshop.service.version", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        "product.product",
        "Part",
        required=True,
        index=True,
        ondelete="restrict",
        domain=[("type", "=", "consu")],
    )
    quantity = fields.Float(required=True, default=1, digits="Product Unit")
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")

    _product_uniq = models.Constraint(
        "UNIQUE (version_id, product_id)", "The kit holds this part already."
    )
    _quantity_positive = models.Constraint(
        "CHECK (quantity > 0)", "A kit holds some of each part."
    )

    def _get_releases(self):
        return self.version_id.release_id
