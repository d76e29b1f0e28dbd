from odoo.exceptions import AccessDenied
from odoo.tests import tagged

from .common import DemoCase


@tagged("post_install", "-at_install")
class TestLogins(DemoCase):
    def test_nobody_has_a_password_after_the_installation(self):
        self.assertFalse(self._with_password())

    def test_logins_are_told_headquarters_first(self):
        told = self.env["res.users"]._workshop_demo_logins("correct horse")
        self.assertEqual(
            [line["login"] for line in told],
            [user.login for _row, user in self.persons],
        )
        self.assertEqual(
            told[0],
            {
                "login": "chen.guoqiang@workbay.example",
                "name": "陈国强",
                "role": "Headquarters Manager",
                "store": "",
            },
        )
        self.assertEqual(told[1]["store"], "East China 华东")
        self.assertEqual(told[3]["store"], self.stores["SH01"].name)

    def test_only_demo_persons_get_the_password(self):
        admin = self.env.ref("base.user_admin")
        self.env.cr.execute("SELECT id, password FROM res_users")
        before = dict(self.env.cr.fetchall())
        self.env["res.users"]._workshop_demo_logins("correct horse")
        self.assertEqual(len(self._with_password()), 24)
        self.env.cr.execute("SELECT id, password FROM res_users")
        ours = {user.id for _row, user in self.persons}
        changed = {
            user_id
            for user_id, password in self.env.cr.fetchall()
            if password != before[user_id]
        }
        self.assertEqual(changed, ours)
        self.assertNotIn(admin.id, changed)

    def test_the_password_lets_in_and_another_does_not(self):
        self.env["res.users"]._workshop_demo_logins("correct horse")
        technician = self.as_person("xu.lei").user
        self._check(technician, "correct horse")
        with self.assertRaises(AccessDenied):
            self._check(technician, "wrong horse")

    def _check(self, user, password):
        user._check_credentials(
            {"type": "password", "login": user.login, "password": password},
            {"interactive": True},
        )

    def _with_password(self):
        self.env.cr.execute(
            "SELECT id FROM res_users WHERE id = ANY(%s) AND password <> ''",
            [[user.id for _row, user in self.persons]],
        )
        return [user_id for (user_id,) in self.env.cr.fetchall()]
