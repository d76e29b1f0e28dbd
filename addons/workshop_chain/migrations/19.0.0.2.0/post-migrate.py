"""Stores opened before have operation types that are named in one language only."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Odoo calls it once, in the update from a version before this folder's."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    stores = env["res.company"].search([("is_store", "=", True)])
    warehouses = env["stock.warehouse"].with_context(active_test=False)
    warehouses.search([("company_id", "in", stores.ids)])._name_former_operation_types()
