from odoo import api, fields, models
from odoo.exceptions import UserError

FROZEN = {"category_id", "code", "is_off_standard", "product_id"}


class WorkshopService(models.Model):
    """What the chain offers under one name; what it holds is in its versions."""

    _name = "workshop.service"
    _description = "Workshop Service"
    _order = "category_id, code, id"
    _rec_names_search = ["code", "name"]

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    active = fields.Boolean(default=True)
    category_id = fields.Many2one(
        "workshop.service.category", required=True, index=True, ondelete="restrict"
    )
    product_id = fields.Many2one(
        "product.product",
        "Labour Product",
        required=True,
        copy=False,
        ondelete="restrict",
        domain=[("type", "=", "service")],
        help="Labour is billed by it. Made with the service when left empty.",
    )
    is_off_standard = fields.Boolean(
        "Off-standard Work",
        copy=False,
        help="Stands for whatever no standard describes: its jobs are agreed in words,"
        " with hours and a price of their own. A release without one allows none.",
    )
    version_ids = fields.One2many(
        "workshop.service.version", "service_id", "Versions", copy=False
    )

    _code_uniq = models.Constraint("UNIQUE (code)", "Another service has this code.")

    @api.depends("code", "name")
    def _compute_display_name(self):
        for service in self:
            service.display_name = f"[{service.code}] {service.name}"

    @api.model_create_multi
    def create(self, vals_list):
        # sudo: who may set a standard need not be a manager of products.
        Product = self.env["product.product"].sudo()
        vals_list = [
            vals
            if vals.get("product_id")
            else {
                **vals,
                "product_id": Product.create(self._prepare_product_vals(vals)).id,
            }
            for vals in vals_list
        ]
        return super().create(vals_list)

    def write(self, vals):
        if FROZEN & set(vals):
            self._check_never_released(vals)
        return super().write(vals)

    @api.model
    def _prepare_product_vals(self, vals):
        """The labour product of a new service; billed by what was done."""
        prepared = {
            "name": vals.get("name"),
            "default_code": vals.get("code"),
            "type": "service",
            "company_id": False,
            "list_price": 0,
        }
        for name, value in (("invoice_policy", "delivery"), ("service_type", "manual")):
            if name in self.env["product.product"]._fields:  # with sale installed
                prepared[name] = value
        return prepared

    def _check_never_released(self, vals):
        """Bills go by a released service's code and product, releases by category."""
        for service in self:
            changed = any(
                service._fields[name].convert_to_write(service[name], service)
                != vals[name]
                for name in FROZEN & set(vals)
            )
            if changed and "released" in service.sudo().version_ids.mapped(
                "release_id.state"  # sudo: of drafts not everyone knows
            ):
                raise UserError(
                    self.env._(
                        "%(service)s was released, so its code, category and product"
                        " stay: archive it and make a new service.",
                        service=service.display_name,
                    )
                )
