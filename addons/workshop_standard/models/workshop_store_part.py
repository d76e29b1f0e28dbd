from odoo import api, fields, models, tools
from odoo.exceptions import UserError


class WorkshopStorePart(models.Model):
    """A part that a store carries, among HQ's alternatives of its kind."""

    _name = "workshop.store.part"
    _description = "Workshop Store Part"
    _order = "company_id, kind_id, sequence, id"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company",
        "Store",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    kind_id = fields.Many2one(
        "workshop.part.kind", required=True, index=True, ondelete="restrict"
    )
    product_id = fields.Many2one(
        "product.product",
        "Part",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
        domain="[('type', '=', 'consu')]",
    )
    sequence = fields.Integer(
        default=10, help="Of several that fit a car, the store takes the first."
    )

    _store_part_uniq = models.Constraint(
        "UNIQUE (company_id, kind_id, product_id)",
        "The store carries this part already.",
    )

    @api.depends("product_id.display_name", "company_id.name")
    def _compute_display_name(self):
        for part in self:
            part.display_name = (
                f"{part.product_id.display_name} – {part.company_id.name}"
            )

    @api.constrains("company_id")
    def _check_store(self):
        for part in self:
            # sudo: the words of the refusal; who may write is checked before.
            if not part.company_id.sudo().is_store:
                raise UserError(self.env._("Only a store carries parts."))

    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        self.env.registry.clear_cache()
        return parts

    def write(self, vals):
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    @api.model
    @tools.ormcache("company_id")
    def _get_places(self, company_id):
        """In which place a store takes what it carries, by kind and product.

        A quote asks for dozens at once.
        """
        # sudo: kept for everybody, so read as nobody in particular.
        carried = self.sudo().search_fetch(
            [("company_id", "=", company_id)],
            ["kind_id", "product_id"],
            order="sequence, id",
        )
        return {
            (part.kind_id.id, part.product_id.id): place
            for place, part in enumerate(carried)
        }
