from odoo.tests import tagged
from odoo.tools import SQL

from ..loaders import load
from .common import DemoCase

MODELS = (
    "account.account",
    "account.journal",
    "account.tax",
    "fleet.vehicle",
    "fleet.vehicle.model",
    "fleet.vehicle.model.brand",
    "hr.employee",
    "hr.job",
    "product.category",
    "product.product",
    "product.supplierinfo",
    "product.template",
    "res.company",
    "res.lang",
    "res.partner",
    "res.users",
    "sale.order",
    "sale.order.line",
    "stock.move",
    "stock.quant",
    "stock.warehouse",
    "workshop.badge",
    "workshop.bay",
    "workshop.job",
    "workshop.order",
    "workshop.region",
    "workshop.release",
    "workshop.service",
    "workshop.service.category",
    "workshop.service.part",
    "workshop.service.step",
    "workshop.service.version",
    "workshop.vehicle.owner",
    "workshop.vehicle.reading",
)


@tagged("post_install", "-at_install")
class TestReload(DemoCase):
    def test_a_second_load_changes_nothing(self):
        before = self._fingerprints()
        load(self.env)
        self.assertEqual(self._fingerprints(), before)

    def test_what_somebody_changed_stays(self):
        store = self.stores["SH01"]
        store.phone = "021-5555 9999"
        manager = self.as_person("wang.wei").user
        self.env["res.users"].browse(manager.id).name = "王大伟"
        load(self.env)
        self.assertEqual(store.phone, "021-5555 9999")
        self.assertEqual(manager.name, "王大伟")

    def test_what_is_missing_is_made_again(self):
        bay_count = self.env["workshop.bay"].search_count([])
        part = self.env["product.product"].search([("default_code", "=", "LIN-TR414")])
        part.default_code = "OTHER"
        load(self.env)
        made = self.env["product.product"].search([("default_code", "=", "LIN-TR414")])
        self.assertEqual(len(made), 1)
        self.assertNotEqual(made, part)
        self.assertEqual(self.env["workshop.bay"].search_count([]), bay_count)

    def _fingerprints(self):
        """Of every row of the tables that the demo fills."""
        self.env.flush_all()
        prints = {}
        for model in MODELS:
            self.env.cr.execute(
                SQL(
                    "SELECT count(*), md5(string_agg(t::text, '|' ORDER BY id))"
                    " FROM %s t",
                    SQL.identifier(self.env[model]._table),
                )
            )
            prints[model] = self.env.cr.fetchone()
        return prints
