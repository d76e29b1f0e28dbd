from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from workbay_contract import enrolment, keys
from workbay_contract.enrolment import EnrolAnswer

from .common import WorkshopEdgeCommon, certificate, csr


@tagged("post_install", "-at_install")
class TestWorkshopEnrolment(WorkshopEdgeCommon):
    def setUp(self):
        super().setUp()
        self.codes = self.env["workshop.enrolment"]
        self.devices = self.env["workshop.device"]
        params = self.env["ir.config_parameter"]
        params.set_param("workbay.brokers", '[{"host": "localhost", "port": 8883}]')
        params.set_param("workbay.media_url", "https://localhost:8443")
        params.set_param("workbay.ca_sha256", "a" * 64)
        self.third_bay = self.env["workshop.bay"].create(
            {"name": "New", "code": "B9", "company_id": self.store.id}
        )
        self.key = Ed25519PrivateKey.generate()
        self.csr = csr(self.key, "dev-test-new")

    def _secret(self, bay=None, user=None):
        bay = (bay or self.third_bay).with_user(user or self.manager)
        text, _expires = self.codes.with_user(user or self.manager)._make(bay)
        code = enrolment.read_enrolment_code(text)
        self.assertEqual((code.url, code.ca), ("https://localhost:8443", "a" * 64))
        return code.secret

    def _ask(self, secret, request=None):
        answer = self.devices.with_user(self.bridge).enrol(secret, request or self.csr)
        self.env.invalidate_all()
        return EnrolAnswer.model_validate(answer)

    def _issue(self, key=None, name="dev-test-new"):
        public = (key or self.key).public_key()
        self.devices.issue(name, certificate(public, name))

    def test_a_code_makes_a_unit_the_bays_device(self):
        secret = self._secret()
        self.assertEqual(self._ask(secret).status, "waiting")
        # A lost answer: the same request again is the same request.
        self.assertEqual(self._ask(secret).status, "waiting")
        self._issue()
        answer = self._ask(secret)
        self.assertEqual(answer.status, "issued")
        issued = answer.issued
        self.assertEqual(str(issued.bay), self.third_bay.uuid)
        self.assertEqual(issued.partition, self.store.partition)
        self.assertEqual(issued.odoo_public_key, keys.public_hex(self.odoo_key))
        self.assertEqual(issued.store, self.store.name)
        self.assertEqual(self.third_bay.device_id.name, "dev-test-new")
        code = self.codes.search([("bay_id", "=", self.third_bay.id)])
        self.assertEqual(code.device_id, self.third_bay.device_id)

    def test_the_secret_itself_is_nowhere(self):
        secret = self._secret()
        code = self.codes.search([("bay_id", "=", self.third_bay.id)])
        self.env.cr.execute(
            "SELECT to_jsonb(e)::text FROM workshop_enrolment e WHERE id = %s",
            [code.id],
        )
        self.assertNotIn(secret, self.env.cr.fetchone()[0])
        with self.assertRaises(AccessError):
            code.with_user(self.manager).read(["secret_hash"])

    def test_a_code_works_once(self):
        secret = self._secret()
        self._ask(secret)
        other = csr(Ed25519PrivateKey.generate(), "dev-test-other")
        self.assertEqual(self._ask(secret, other).code, "enrol_spent")
        self.assertFalse(self.devices.search([("name", "=", "dev-test-other")]))

    def test_a_code_ends(self):
        secret = self._secret()
        code = self.codes.search([("bay_id", "=", self.third_bay.id)])
        code.expires_at = fields.Datetime.now() - timedelta(seconds=1)
        self.assertEqual(self._ask(secret).code, "enrol_expired")

    def test_a_newer_code_replaces_the_former(self):
        former, newer = self._secret(), self._secret()
        self.assertEqual(self._ask(former).code, "enrol_replaced")
        self.assertEqual(self._ask(newer).status, "waiting")

    def test_unknown_codes_closed_bays_and_bad_requests_are_told_apart(self):
        self.assertEqual(self._ask("x" * 43).code, "enrol_unknown")
        secret = self._secret()
        self.assertEqual(self._ask(secret, "nonsense").code, "enrol_request")
        self.third_bay.active = False
        self.assertEqual(self._ask(secret).code, "enrol_bay_closed")

    def test_another_bays_or_stores_unit_is_told_so_and_spends_nothing(self):
        secret = self._secret()
        for bay in (self.first, self.foreign):
            answer = self._ask(secret, csr(bay.key, bay.name))
            self.assertEqual(answer.code, "enrol_other_bay")
        self.first.device.action_revoke()
        answer = self._ask(secret, csr(self.first.key, self.first.name))
        self.assertEqual(answer.code, "enrol_new_key")
        self.assertEqual(self._ask(secret).status, "waiting")

    def test_a_unit_whose_certificate_ended_keeps_all_that_it_holds(self):
        self.first.send(self.first.event(self.oil_job, "start", self.tess))
        device, held = self.first.device, self.first.device.certificate
        secret = self._secret(self.bay)
        request = csr(self.first.key, self.first.name)
        self.assertEqual(self._ask(secret, request).status, "waiting")
        self.assertEqual(device.status, "active")
        self._issue(self.first.key, self.first.name)
        answer = self._ask(secret, request)
        self.assertEqual(answer.status, "issued")
        self.assertNotEqual(answer.issued.certificate, held)
        self.assertEqual(device.last_seq, 1)

    def test_replacing_a_unit_keeps_the_bays_history_apart(self):
        self.first.send(self.first.event(self.oil_job, "start", self.tess))
        former = self.first.device
        secret = self._secret(self.bay)
        self._ask(secret)
        self.assertEqual(former.status, "active", "only the certificate replaces it")
        self._issue()
        self.assertEqual(former.status, "revoked")
        newer = self.bay.device_id
        self.assertEqual((newer.name, newer.last_seq), ("dev-test-new", 0))
        events = self.env["workshop.event"].search([("job_id", "=", self.oil_job.id)])
        self.assertEqual(events.filtered("device_id").device_id, former)
        self.assertEqual(self.bay.device_ids, newer | former)

    def test_only_who_runs_the_store_makes_codes_for_it(self):
        wizards = self.env["workshop.bay.enrol"]
        for user in (self.technician, self.advisor, self.lead, self.bridge):
            with self.assertRaises(AccessError):
                self._secret(user=user)
            with self.assertRaises(AccessError):
                wizards.with_user(user).create({"bay_id": self.third_bay.id})
            with self.assertRaises(AccessError):
                self.codes.with_user(user).search([])
        with self.assertRaises(AccessError):
            self._secret(self.foreign_bay)
        wizard = wizards.with_user(self.manager).create({"bay_id": self.foreign_bay.id})
        with self.assertRaises(AccessError):
            wizard.action_show()
        with self.assertRaises(AccessError):
            wizard.action_print()

    def test_a_store_sees_its_own_codes_and_writes_none(self):
        self._secret()
        self.codes._make(self.foreign_bay)
        codes = self.codes.with_user(self.manager)
        self.assertEqual(codes.search([]).bay_id, self.third_bay)
        for operation in ("write", "create", "unlink"):
            self.assertFalse(codes.has_access(operation))

    def test_the_form_shows_a_code_and_the_sheet_another(self):
        wizard = self.env["workshop.bay.enrol"].with_user(self.manager)
        wizard = wizard.create({"bay_id": self.bay.id})
        self.assertEqual(wizard.device_id, self.first.device)
        action = wizard.action_show()
        self.assertTrue(action["context"]["default_qr"])
        report = self.env["ir.actions.report"].with_user(self.manager)
        held = self._held_by_others("workshop.bay.enrol")
        with held, self.assertRaisesRegex(UserError, "printed already"):
            wizard._print()
        html = report._render_qweb_html("workshop_edge.report_bay_enrol", wizard.ids)[0]
        self.assertIn(b"data:image/png;base64,", html)
        with self.assertRaisesRegex(UserError, "printed already"):
            wizard._print()
        made = self.codes.search([("bay_id", "=", self.bay.id)])
        self.assertEqual(len(made), 2)
        self.assertEqual(len(made.filtered("replaced_at")), 1)
