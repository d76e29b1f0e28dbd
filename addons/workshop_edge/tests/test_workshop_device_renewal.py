from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from workbay_contract.enrolment import EnrolAnswer, fingerprint

from .common import WorkshopEdgeCommon, certificate, csr


@tagged("post_install", "-at_install")
class TestWorkshopDeviceRenewal(WorkshopEdgeCommon):
    def setUp(self):
        super().setUp()
        params = self.env["ir.config_parameter"]
        params.set_param("workbay.brokers", '[{"host": "localhost", "port": 8883}]')
        params.set_param("workbay.media_url", "https://localhost:8443")
        self.device = self.first.device
        self.devices = self.env["workshop.device"]
        self.csr = csr(self.first.key, self.first.name)
        self.held = fingerprint(self.device.certificate)

    def _renew(self, request=None, name=None):
        answer = self.devices.with_user(self.bridge).renew(
            name or self.first.name, request or self.csr, self.held
        )
        self.env.invalidate_all()
        return EnrolAnswer.model_validate(answer)

    def test_a_device_gets_another_certificate_for_its_key(self):
        self.assertEqual(self._renew().status, "waiting")
        service = self.devices.with_user(
            self.env.ref("workshop_edge.res_users_enrolment")
        )
        [pending] = service.pending_requests()
        self.assertEqual(pending["device"], self.first.name)
        other = certificate(self.second.key.public_key(), self.first.name)
        with self.assertRaisesRegex(Exception, "not for"):
            service.issue(self.first.name, other)
        service.issue(
            self.first.name, certificate(self.first.key.public_key(), self.first.name)
        )
        answer = self._renew()
        self.assertEqual(answer.status, "issued")
        self.assertNotEqual(fingerprint(answer.issued.certificate), self.held)
        self.assertEqual(self.device.status, "active")
        self.assertFalse(service.pending_requests())

    def test_a_certificate_that_ended_is_not_renewed(self):
        self.device.certificate_until = fields.Datetime.now() - timedelta(days=1)
        self.assertEqual(self._renew().code, "certificate_expired")
        self.assertFalse(self.device.is_renewing)
        self.assertIn("certificate ended", self.device.trouble)

    def test_a_revoked_or_unknown_device_is_not_renewed(self):
        self.assertEqual(self._renew(name="dev-nobody-knows").code, "device")
        self.device.action_revoke()
        self.assertEqual(self._renew().code, "device")

    def test_another_key_or_name_is_not_renewed(self):
        for wrong in (
            csr(self.second.key, self.first.name),
            csr(self.first.key, self.second.name),
            "nonsense",
        ):
            self.assertEqual(self._renew(wrong).code, "enrol_request")
        self.assertFalse(self.device.is_renewing)
