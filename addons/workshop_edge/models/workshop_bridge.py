from odoo import fields, models


class WorkshopBridge(models.Model):
    """A bridge that asked for partitions lately."""

    _name = "workshop.bridge"
    _description = "Bridge Service"
    _log_access = False

    name = fields.Char(required=True, readonly=True)
    expires_at = fields.Datetime("Alive Until", required=True, readonly=True)

    _name_uniq = models.Constraint("UNIQUE (name)", "One row per bridge.")
