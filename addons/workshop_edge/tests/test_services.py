from odoo.exceptions import AccessDenied, AccessError
from odoo.tests import tagged

from ..services import METHODS, check_method
from .common import WorkshopEdgeCommon


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
