from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from workbay_contract import keys

from .common import WorkshopEdgeCommon, csr


@tagged("post_install", "-at_install")
class TestWorkshopBay(WorkshopEdgeCommon):
    def setUp(self):
        super().setUp()
        self.key = Ed25519PrivateKey.generate()

    def test_a_store_manager_asks_for_his_bays_device(self):
        request = csr(self.key, "dev-test-new")
        device = self.bay.with_user(self.manager).request_device(request)
        self.assertEqual((device.name, device.status), ("dev-test-new", "requested"))
        self.assertEqual(device.public_key, keys.public_hex(self.key))
        again = self.bay.with_user(self.manager).request_device(request)
        self.assertEqual(again, device)

    def test_nobody_below_him_does(self):
        for user in (self.technician, self.advisor, self.lead, self.bridge):
            with self.assertRaises(AccessError):
                self.bay.with_user(user).request_device(csr(self.key, "dev-test-new"))

    def test_a_request_has_to_be_in_order(self):
        for name in ("short", "Dev-Test-1", "dev test 1234", "x" * 41):
            with self.assertRaisesRegex(UserError, "8 to 40"):
                self.bay.request_device(csr(self.key, name))
        with self.assertRaisesRegex(UserError, "no certificate signing"):
            self.bay.request_device("nonsense")

    def test_only_ed25519_keys_seal(self):
        name = x509.NameAttribute(NameOID.COMMON_NAME, "dev-test-rsa")
        request = (
            x509.CertificateSigningRequestBuilder()
            .subject_name(x509.Name([name]))
            .sign(generate_private_key(65537, 2048), hashes.SHA256())
        )
        with self.assertRaisesRegex(UserError, "Ed25519"):
            self.bay.request_device(request.public_bytes(Encoding.PEM).decode())

    def test_an_id_belongs_to_one_bay_and_is_spent_with_its_device(self):
        with self.assertRaisesRegex(UserError, "spent"):
            self.bay.request_device(csr(self.key, self.second.name))
        with self.assertRaisesRegex(UserError, "another key"):
            self.bay.request_device(csr(self.key, self.first.name))
        self.first.device.action_revoke()
        with self.assertRaisesRegex(UserError, "spent"):
            self.bay.request_device(csr(self.key, self.first.name))
