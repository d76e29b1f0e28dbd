from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..loaders import headquarters
from .common import DemoCase


@tagged("post_install", "-at_install")
class TestStaff(DemoCase):
    def test_every_employee_has_a_user_a_role_and_a_badge(self):
        self.assertEqual(len(self.persons), 24)
        for row, user in self.persons:
            employee = user.with_company(user.company_id).employee_id
            self.assertTrue(employee, user.login)
            self.assertEqual(employee.company_id, user.company_id)
            self.assertLessEqual(set(row["roles"].split()), set(user._workshop_roles()))
            self.assertEqual(len(user.badge_ids), 1)
            self.assertFalse(user.badge_ids.revoked)

    def test_every_store_has_all_it_takes_to_serve_a_car(self):
        for code in self.stores:
            roles = [
                role
                for row, _user in self.persons
                if row["store"] == code
                for role in row["roles"].split()
            ]
            for role in ("store_manager", "advisor", "parts_keeper", "cashier"):
                self.assertIn(role, roles, code)
            # Whoever did the job does not inspect it.
            self.assertGreaterEqual(roles.count("qc"), 2, code)
            self.assertGreaterEqual(
                roles.count("technician") + roles.count("technician_lead"), 2, code
            )

    def test_only_headquarters_people_enter_headquarters(self):
        hq = headquarters.company(self.env)
        for row, user in self.persons:
            self.assertEqual(hq in user.company_ids, row["job"] == "hq", user.login)

    def test_hq_manager_enters_all_stores(self):
        env = self.as_person("chen.guoqiang")
        self.assertLessEqual(set(self.stores.values()), set(env.user.company_ids))

    def test_region_managers_enter_the_stores_of_their_region(self):
        for login, codes in (
            ("lin.yue", {"SH01", "HZ01"}),
            ("huang.zhiming", {"GZ01", "SZ01"}),
        ):
            companies = self.as_person(login).user.company_ids
            self.assertEqual(set(companies.mapped("store_code")), codes)

    def test_store_users_see_only_their_store(self):
        for row, _user in self.persons:
            if not row["store"]:
                continue
            env = self.as_person(row["login"])
            own = self.stores[row["store"]].with_env(env)
            self.assertEqual(env.user.company_ids, own)
            self.assertEqual(env["workshop.bay"].search([]).company_id, own)
            self.assertLessEqual(
                set(env["workshop.order"].search([]).company_id.ids), set(own.ids)
            )
            self.assertLessEqual(
                set(env["hr.employee.public"].search([]).company_id.ids), set(own.ids)
            )

    def test_orders_of_the_next_store_are_refused(self):
        orders = self.env["workshop.order"].search(
            [("company_id", "=", self.stores["SH01"].id)]
        )
        with self.assertRaises(AccessError):
            orders[:1].with_env(self.as_person("jin.xiaoyan")).check_access("read")
