from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.auth_signup.models.res_partner import SignupError

from .common import GROUP, WorkshopChainCommon


@tagged("post_install", "-at_install")
class TestResUsers(WorkshopChainCommon):
    def test_roles_are_told_with_what_they_imply(self):
        user = self._create_user("lea", "technician_lead", "qc")
        self.assertEqual(
            user._workshop_roles(), ["qc", "technician", "technician_lead"]
        )
        manager = self._create_user("mia", "region_manager")
        self.assertEqual(manager._workshop_roles(), ["region_manager", "store_manager"])
        self.assertEqual(self._create_user("nobody")._workshop_roles(), [])

    def test_roles_of_many_are_read_at_once(self):
        users = self.env["res.users"]
        for number in range(8):
            users |= self._create_user(f"tech{number}", "technician")
        told = []

        def statements(some):
            self.env.flush_all()
            self.env.invalidate_all()
            self.env.registry.clear_cache()
            users[:1]._workshop_roles()  # what they share
            before = self.env.cr.sql_log_count
            told.append(some._workshop_roles_of_each())
            return self.env.cr.sql_log_count - before

        self.assertEqual(statements(users[1:3]), statements(users[1:]))
        self.assertEqual(told[1], dict.fromkeys(users[1:].ids, ("technician",)))

    def test_independent_roles_are_held_together(self):
        user = self._create_user("ada", "advisor", "cashier", "parts_keeper", "qc")
        self.assertEqual(
            user._workshop_roles(), ["advisor", "cashier", "parts_keeper", "qc"]
        )

    def test_hq_managers_get_every_store_and_each_new_one(self):
        user = self._create_user("hanna", "hq_manager", stores=self.hq)
        self.assertEqual(user.company_ids, self.hq | self.store | self.other_store)
        third = self._open_store("TS02", self.south)
        self.assertIn(third, user.company_ids)
        self.assertEqual(user._workshop_stores(), self.store | self.other_store | third)

    def test_who_becomes_hq_manager_later_gets_the_stores_too(self):
        group = self.env.ref(GROUP % "hq_manager")
        by_user = self._create_user("late", stores=self.hq)
        by_user.group_ids |= group
        self.assertIn(self.store, by_user.company_ids)
        by_group = self._create_user("later", stores=self.hq)
        group.user_ids |= by_group
        self.assertIn(self.store, by_group.company_ids)

    def test_store_and_region_staff_never_have_hq(self):
        for role in (
            "region_manager",
            "store_manager",
            "advisor",
            "parts_keeper",
            "cashier",
            "technician",
            "technician_lead",
            "qc",
        ):
            with self.assertRaisesRegex(ValidationError, "may not be allowed into"):
                self._create_user(f"bad_{role}", role, stores=self.hq)
            user = self._create_user(f"good_{role}", role)
            with self.assertRaisesRegex(ValidationError, "may not be allowed into"):
                user.company_ids = [Command.link(self.hq.id)]

    def test_a_role_given_at_hq_is_refused_from_either_side(self):
        group = self.env.ref(GROUP % "technician")
        user = self._create_user("clerk", stores=self.hq)
        with self.assertRaisesRegex(ValidationError, "may not be allowed into"):
            user.group_ids |= group
        with self.assertRaisesRegex(ValidationError, "may not be allowed into"):
            group.user_ids |= user

    def test_an_hq_manager_who_steps_down_must_leave_hq(self):
        user = self._create_user("hanna", "hq_manager", stores=self.hq)
        with self.assertRaisesRegex(ValidationError, "may not be allowed into"):
            user.group_ids = [
                Command.unlink(self.env.ref(GROUP % "hq_manager").id),
                Command.link(self.env.ref(GROUP % "region_manager").id),
            ]

    def test_a_user_cannot_promote_himself(self):
        user = self._create_user("tess", "technician")
        with self.assertRaises(AccessError):
            user.with_user(user).write(
                {"group_ids": [Command.link(self.env.ref(GROUP % "hq_manager").id)]}
            )
        with self.assertRaises(AccessError):
            user.with_user(user).write(
                {"workshop_region_ids": [Command.link(self.south.id)]}
            )

    def test_nobody_makes_himself_an_account(self):
        with self.assertRaises(SignupError):
            self.env["res.users"].sudo().signup(
                {"login": "stranger@example.com", "name": "Stranger"}
            )
