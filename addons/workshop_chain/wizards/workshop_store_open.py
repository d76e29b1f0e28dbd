from odoo import api, fields, models

from odoo.addons.base.models.res_partner import _tz_get


class WorkshopStoreOpen(models.TransientModel):
    _name = "workshop.store.open"
    _description = "Open a Workshop Store"

    name = fields.Char(required=True)
    store_code = fields.Char(
        required=True,
        help="Two to four capital letters or digits; warehouse and journals bear it.",
    )
    region_id = fields.Many2one("workshop.region", required=True)
    parent_id = fields.Many2one(
        "res.company",
        "Headquarters",
        required=True,
        default=lambda self: self.env.company.root_id,
        domain=[("parent_id", "=", False), ("is_store", "=", False)],
    )
    tz = fields.Selection(
        _tz_get, "Time Zone", required=True, default=lambda self: self._default_tz()
    )
    country_id = fields.Many2one(related="parent_id.country_id")
    street = fields.Char()
    street2 = fields.Char()
    city = fields.Char()
    zip = fields.Char("Postcode")
    state_id = fields.Many2one(
        "res.country.state", "Province", domain="[('country_id', '=?', country_id)]"
    )
    phone = fields.Char()
    email = fields.Char()

    @api.model
    def _default_tz(self):
        return self.env.company.resource_calendar_id.tz or self.env.user.tz

    def action_open(self):
        self.ensure_one()
        store = self.env["res.company"].open_store(self._prepare_store_vals())
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "workshop_chain.res_company_action_store"
            ),
            "view_mode": "form",
            "views": [
                (self.env.ref("workshop_chain.res_company_view_form_store").id, "form")
            ],
            "res_id": store.id,
            "target": "current",
        }

    def _prepare_store_vals(self):
        address = ("street", "street2", "city", "zip", "phone", "email")
        return {
            **{name: self[name] for name in ("name", "store_code", "tz", *address)},
            "parent_id": self.parent_id.id,
            "region_id": self.region_id.id,
            "state_id": self.state_id.id,
        }
