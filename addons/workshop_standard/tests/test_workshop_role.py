from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.workshop_chain.models.res_users import ROLES

from workbay_contract.gates import GATES, OFFICE_GATES

from .common import WorkshopStandardCommon


@tagged("post_install", "-at_install")
class TestWorkshopRole(WorkshopStandardCommon):
    def test_roles_are_those_of_the_users(self):
        self.assertEqual(
            sorted(self.env["workshop.role"].search([]).mapped("code")), sorted(ROLES)
        )

    def test_gates_are_those_of_the_interpreter(self):
        for gate in self.env["workshop.gate"].search([]):
            registry = GATES if gate.kind == "bay" else OFFICE_GATES
            self.assertIn(gate.code, registry)

    def test_nobody_writes_what_code_gives_its_meaning(self):
        for model in ("workshop.role", "workshop.gate", "workshop.reason"):
            record = self.env[model].search([], limit=1).with_user(self.hanna)
            self.assertTrue(record.name)
            for act in (
                lambda r=record: r.write({"name": "X"}),
                lambda r=record: r.create({"name": "X", "code": "x"}),
                lambda r=record: r.unlink(),
            ):
                with self.assertRaises(AccessError):
                    act()
