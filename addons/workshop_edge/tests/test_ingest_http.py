import json

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from workbay_contract.answers import read_answer

from ..services import METHODS
from .common import WorkshopEdgeCommon

MUTED = ("odoo.http", "odoo.addons.base.models.ir_model")


@tagged("post_install", "-at_install", "workshop_http")
class TestIngestHttp(WorkshopEdgeCommon, HttpCase):
    """As the services themselves come in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        key_of = cls.env["res.users"]._workshop_service_key
        cls.keys = {kind: key_of(kind) for kind in METHODS}

    def _call(self, kind, model, method, **arguments):
        return self.url_open(
            f"/json/2/{model}/{method}",
            data=json.dumps(arguments),
            headers={
                "Authorization": f"bearer {self.keys[kind]}",
                "Content-Type": "application/json",
            },
            method="POST",
        )

    def test_a_batch_comes_in_and_its_answer_goes_out(self):
        bay = self.first
        batch = bay.batch(bay.event(self.oil_job, "start", self.tess))
        payload = batch.encode().decode()
        reply = self._call("bridge", "workshop.device", "ingest", batches=[payload])
        self.assertEqual(reply.status_code, 200, reply.text)
        [answer] = reply.json()["answers"]
        read = read_answer(self.odoo_key, answer["message"])
        self._assert_applied(read.outcomes)

    def test_every_method_of_a_service_answers(self):
        arguments = {
            "ingest": {"batches": []},
            "hello": {"hellos": []},
            "state": {"states": []},
            "acquire": {"bridge": "test", "ttl_ms": 1000},
            "release": {"bridge": "test"},
            "poll": {"partitions": [0], "published": []},
            "enrol": {"secret": "nobody's", "csr": "x"},
            "renew": {"device": "dev-nobody-knows", "csr": "x", "held": "x"},
            "issue": {"device": "dev-nobody-knows", "certificate": "x"},
        }
        for kind, methods in METHODS.items():
            for model, method in sorted(methods):
                with self.subTest(kind=kind, method=method), mute_logger(*MUTED):
                    reply = self._call(kind, model, method, **arguments.get(method, {}))
                    expected = 422 if method == "issue" else 200
                    self.assertEqual(reply.status_code, expected, reply.text)

    def test_everything_else_is_refused_on_every_model(self):
        with mute_logger(*MUTED):
            for kind in METHODS:
                for model in sorted(self.env.registry):
                    reply = self._call(kind, model, "search_read", fields=["id"])
                    self.assertEqual(reply.status_code, 403, (kind, model))

    def test_no_other_method_is_reached(self):
        with mute_logger(*MUTED):
            for model, method in (
                ("res.users", "context_get"),
                ("res.users", "has_group"),
                ("workshop.device", "action_revoke"),
                ("workshop.order", "receive"),
                ("workshop.device", "read"),
                ("ir.config_parameter", "get_param"),
            ):
                for kind in METHODS:
                    reply = self._call(kind, model, method)
                    self.assertEqual(reply.status_code, 403, (kind, model, method))

    def test_services_do_not_do_each_others_work(self):
        with mute_logger(*MUTED):
            for kind, other in (("bridge", "enrolment"), ("enrolment", "bridge")):
                for model, method in METHODS[other]:
                    reply = self._call(kind, model, method)
                    self.assertEqual(reply.status_code, 403, (kind, method))

    def test_nobody_comes_in_without_a_key(self):
        self.keys = {"bridge": "0" * 40}
        with mute_logger(*MUTED):
            reply = self._call("bridge", "workshop.device", "ingest", batches=[])
        self.assertEqual(reply.status_code, 401)
