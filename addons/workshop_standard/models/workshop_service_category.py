from odoo import fields, models


class WorkshopServiceCategory(models.Model):
    _name = "workshop.service.category"
    _description = "Workshop Service Category"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    service_ids = fields.One2many("workshop.service", "category_id", "Services")
