from unittest.mock import patch

from odoo.exceptions import AccessDenied, AccessError
from odoo.tests import tagged

from odoo.addons.base.models.res_users import INDEX_SIZE, KEY_CRYPT_CONTEXT

from ..services import METHODS, check_method
from .common import WorkshopEdgeCommon

CONTEXT = "odoo.addons.base.models.res_users.KEY_CRYPT_CONTEXT"


@tagged("post_install", "-at_install")
class TestServices(WorkshopEdgeCommon):
    def test_each_method_of_each_model_is_shut_but_for_the_listed(self):
        """A walk over everything that a remote call could name."""
        for kind in ("bridge", "enrolment"):
            env = self.env(user=self.env.ref(f"workshop_edge.res_users_{kind}"))
            opened, walked = set(), 0
            for model in env.registry:
                for name in dir(type(env[model])):
                    if name.startswith("_"):
                        continue
                    walked += 1
                    try:
                        check_method(env, model, name)
                    except AccessError:
                        continue
                    opened.add((model, name))
            self.assertGreater(walked, 10_000)
            self.assertEqual(opened, METHODS[kind])

    def test_a_services_key_is_no_password(self):
        """XML-RPC and the log-in page take keys for passwords; not a service's."""
        for kind in ("bridge", "enrolment"):
            user = self.env.ref(f"workshop_edge.res_users_{kind}")
            key = self.env["res.users"]._workshop_service_key(kind)
            for interactive in (True, False):
                with self.assertRaises(AccessDenied):
                    user.with_user(user)._check_credentials(
                        {"type": "password", "login": user.login, "password": key},
                        {"interactive": interactive},
                    )

    def test_a_key_that_was_proved_ends_as_any_other(self):
        apikeys = self.env["res.users.apikeys"]
        before_login = self.env(user=None, su=False)["res.users.apikeys"]
        for kind in ("bridge", "enrolment"):
            user = self.env.ref(f"workshop_edge.res_users_{kind}")
            user.active = True
            key = self.env["res.users"]._workshop_service_key(kind)

            def check(key=key, scope="rpc"):
                self.env.flush_all()
                self.env.registry.clear_cache()
                return before_login._check_credentials(scope=scope, key=key)

            with patch(CONTEXT, wraps=KEY_CRYPT_CONTEXT) as context:
                self.assertEqual([check(), check(), check()], [user.id] * 3)
                self.assertEqual(context.verify.call_count, 1)
                self.assertFalse(check(key[:-1] + ("1" if key[-1] == "0" else "0")))
                self.assertFalse(check(key[:INDEX_SIZE]))
                self.assertEqual(context.verify.call_count, 3)
            row = apikeys.search([("user_id", "=", user.id)], order="id desc", limit=1)
            former = row.expiration_date
            user.active = False
            self.assertFalse(check())
            user.active = True
            row.expiration_date = "2020-01-01"
            self.assertFalse(check())
            row.expiration_date = former
            self.assertEqual(check(), user.id)
            # Another key in the same row, as whoever rewrites it would have it.
            self.env.cr.execute(
                "UPDATE res_users_apikeys SET key = %s WHERE id = %s",
                [KEY_CRYPT_CONTEXT.hash(key[::-1]), row.id],
            )
            self.assertFalse(check())
            row.unlink()
            self.assertFalse(check())

    def test_a_persons_key_is_proved_with_every_call(self):
        apikeys = self.env["res.users.apikeys"].with_user(self.manager)
        # sudo: a key without an end is nothing that he may make himself.
        key = apikeys.sudo()._generate(None, "his", None)
        with patch(CONTEXT, wraps=KEY_CRYPT_CONTEXT) as context:
            for _call in range(2):
                found = apikeys._check_credentials(scope="rpc", key=key)
                self.assertEqual(found, self.manager.id)
            self.assertEqual(context.verify.call_count, 2)

    def test_a_person_still_logs_in(self):
        self.manager.sudo().password = "a long enough pass phrase"
        manager = self.manager.with_user(self.manager)
        info = manager._check_credentials(
            {
                "type": "password",
                "login": self.manager.login,
                "password": "a long enough pass phrase",
            },
            {"interactive": True},
        )
        self.assertEqual(info["uid"], self.manager.id)
