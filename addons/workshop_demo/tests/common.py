import re

from odoo.tests import TransactionCase

from odoo.addons.workshop_demo.loaders import staff, stores

CHINESE = re.compile(r"[\u4e00-\u9fff]")


class DemoCase(TransactionCase):
    """The chain as the installation of this addon left it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stores = stores.stores(cls.env)
        cls.persons = staff.persons(cls.env)

    def as_person(self, login):
        """The environment of a demo person, in all companies that he may enter."""
        user = self.env["res.users"].search([("login", "=", f"{login}@{staff.DOMAIN}")])
        return self.env(
            user=user.id, context={"allowed_company_ids": user.company_ids.ids}
        )

    def assert_chinese(self, records, field_name):
        for record in records.with_context(lang="zh_CN"):
            self.assertRegex(record[field_name], CHINESE, record)
