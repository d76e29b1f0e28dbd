import hashlib
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import WorkshopChainCommon


@tagged("post_install", "-at_install")
class TestWorkshopBadge(WorkshopChainCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls._create_user("ming", "store_manager")
        cls.technician = cls._create_user("tess", "technician")

    def _valid(self, at):
        Badge = self.env["workshop.badge"]
        return Badge.search(Badge._get_valid_domain(at) & self._own(self.technician))

    def _own(self, user):
        return fields.Domain("user_id", "=", user.id)

    def test_the_token_is_told_once_and_only_its_hash_is_kept(self):
        token = self.technician.with_user(self.manager).issue_badge()
        badge = self.technician.badge_ids
        self.assertEqual(len(token), 32)
        self.assertEqual(badge.token_hash, hashlib.sha256(token.encode()).hexdigest())
        self.env.flush_all()
        self.env.cr.execute("SELECT row_to_json(b)::text FROM workshop_badge b")
        for (row,) in self.env.cr.fetchall():
            self.assertNotIn(token, row)
        self.assertTrue(
            self.technician._badge_url(token).endswith(f"/b/{token}"),
        )

    def test_a_new_badge_revokes_the_former(self):
        self.technician.issue_badge()
        first = self.technician.badge_ids
        self.technician.issue_badge()
        second = self.technician.badge_ids - first
        self.assertTrue(first.revoked)
        self.assertFalse(second.revoked)
        self.assertEqual(
            self._valid(fields.Datetime.now() + timedelta(seconds=1)), second
        )

    def test_validity_is_judged_at_an_instant(self):
        now = fields.Datetime.now()
        self.technician.issue_badge(valid_to=now + timedelta(days=1))
        self.assertTrue(self._valid(now))
        self.assertFalse(self._valid(now - timedelta(minutes=1)))
        self.assertFalse(self._valid(now + timedelta(days=1)))

    def test_a_badge_revoked_today_was_valid_yesterday(self):
        self.technician.issue_badge()
        badge = self.technician.badge_ids
        self.env.cr.execute(
            "UPDATE workshop_badge SET valid_from = valid_from - interval '1 day'"
            " WHERE id = %s",
            (badge.id,),
        )
        badge.invalidate_recordset()
        badge.action_revoke()
        now = fields.Datetime.now()
        self.assertEqual(self._valid(now - timedelta(hours=1)), badge)
        self.assertFalse(self._valid(now))

    def test_nothing_of_a_badge_is_rewritten(self):
        self.technician.issue_badge()
        badge = self.technician.badge_ids
        for env_user in (self.env.user, self.manager):
            for vals in (
                {"token_hash": "0" * 64},
                {"user_id": self.manager.id},
                {"revoked": False},
                {"valid_from": fields.Datetime.now()},
            ):
                with self.assertRaises(UserError):
                    badge.with_user(env_user).write(vals)
        badge.with_user(self.manager).action_revoke()
        with self.assertRaisesRegex(UserError, "stays revoked"):
            badge.write({"valid_to": False})
        with self.assertRaisesRegex(UserError, "cannot be copied"):
            badge.copy()

    def test_a_store_manager_issues_for_the_own_people_only(self):
        stranger = self._create_user("strange", "technician", stores=self.other_store)
        with self.assertRaises(AccessError):
            stranger.with_user(self.manager).issue_badge()
        for role in ("technician", "advisor", "parts_keeper", "cashier", "qc"):
            user = self._create_user(f"no_{role}", role)
            with self.assertRaises(AccessError):
                self.technician.with_user(user).issue_badge()

    def test_nobody_handles_the_badge_of_a_person_above_him(self):
        hanna = self._create_user("hanna", "hq_manager", stores=self.hq)
        hanna.issue_badge()
        with self.assertRaisesRegex(AccessError, "matter for HQ"):
            hanna.with_user(self.manager).issue_badge()
        badge = hanna.badge_ids.with_user(self.manager)
        with self.assertRaises(AccessError):
            badge.action_revoke()
        with self.assertRaises(AccessError):
            badge.valid_to = "2099-01-01"

    def test_who_has_no_role_gets_no_badge(self):
        with self.assertRaisesRegex(UserError, "no role"):
            self._create_user("clerk").with_user(self.manager).issue_badge()

    def test_staff_see_their_own_badge_and_never_its_hash(self):
        self.technician.issue_badge()
        self.manager.issue_badge()
        Badge = self.env["workshop.badge"].with_user(self.technician)
        own = Badge.search([])
        self.assertEqual(own.user_id, self.technician)
        with self.assertRaises(AccessError):
            own.read(["token_hash"])
        for act in (
            lambda: own.action_revoke(),
            lambda: own.write({"valid_to": False}),
            lambda: own.unlink(),
            lambda: Badge.create(
                {"user_id": self.technician.id, "token_hash": "0" * 64}
            ),
        ):
            with self.assertRaises(AccessError):
                act()

    def test_nobody_sees_the_badge_of_a_person_above_him(self):
        stores = self.store | self.other_store
        rae = self._create_user("rae", "region_manager", stores=stores)
        hanna = self._create_user("hanna", "hq_manager", stores=self.hq | stores)
        persons = self.technician | self.manager | rae | hanna
        for person in persons:
            person.issue_badge()
        for user, seen in (
            (self.manager, self.technician | self.manager),
            (rae, self.technician | self.manager | rae),
            (hanna, persons),
        ):
            found = self.env["workshop.badge"].with_user(user).search([])
            self.assertEqual(found.user_id & persons, seen)

    def test_managers_see_the_badges_of_their_stores_and_hq_all(self):
        stranger = self._create_user("strange", "technician", stores=self.other_store)
        self.technician.issue_badge()
        stranger.issue_badge()
        both = self.technician.badge_ids | stranger.badge_ids
        domain = [("id", "in", both.ids)]
        Badge = self.env["workshop.badge"]
        self.assertEqual(
            Badge.with_user(self.manager).search(domain), self.technician.badge_ids
        )
        with self.assertRaises(AccessError):
            Badge.with_user(self.manager).create(
                {"user_id": self.technician.id, "token_hash": "0" * 64}
            )
        hanna = self._create_user("hanna", "hq_manager", stores=self.hq)
        seen = Badge.with_user(hanna).with_context(allowed_company_ids=self.hq.ids)
        self.assertEqual(seen.search(domain), both)
