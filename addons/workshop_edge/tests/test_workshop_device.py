import json
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from workbay_contract import keys
from workbay_contract.answers import read_answer
from workbay_contract.state import Beat, Gone, encode, read_state, seal

from .common import WorkshopEdgeCommon, certificate, csr

LIES = {"waiting": 77, "contradicted": 1}


@tagged("post_install", "-at_install")
class TestWorkshopDevice(WorkshopEdgeCommon):
    def setUp(self):
        super().setUp()
        self.devices = self.env["workshop.device"]
        self.enrolment = self.env.ref("workshop_edge.res_users_enrolment")
        self.key = Ed25519PrivateKey.generate()

    def _request(self, name="dev-test-new"):
        return self.bay.request_device(csr(self.key, name))

    def test_the_enrolment_service_sees_requests_and_issues(self):
        device = self._request()
        service = self.devices.with_user(self.enrolment)
        [pending] = [
            r for r in service.pending_requests() if r["device"] == device.name
        ]
        self.assertEqual(pending["bay"], self.bay.uuid)
        self.assertEqual(pending["csr"], device.csr)
        service.issue(device.name, certificate(self.key.public_key(), device.name))
        self.assertEqual(device.status, "active")
        self.assertIn(device.name, [row["device"] for row in service.enrolled()])

    def test_enrolling_revokes_the_bays_former_device(self):
        device = self._request()
        self.devices.issue(device.name, certificate(self.key.public_key(), device.name))
        self.assertEqual(self.first.device.status, "revoked")
        names = [
            row["device"] for row in self.devices.with_user(self.bridge).device_list()
        ]
        self.assertIn(device.name, names)
        self.assertNotIn(self.first.name, names)

    def test_a_certificate_for_another_key_or_name_is_refused(self):
        device = self._request()
        other = Ed25519PrivateKey.generate().public_key()
        for wrong in (
            certificate(other, device.name),
            certificate(self.key.public_key(), "dev-test-other"),
            "nonsense",
        ):
            with self.assertRaisesRegex(UserError, "not for dev-test-new"):
                self.devices.issue(device.name, wrong)
        self.assertEqual(device.status, "requested")

    def test_services_do_not_do_each_others_work(self):
        with self.assertRaises(AccessError):
            self.devices.with_user(self.bridge).pending_requests()
        with self.assertRaises(AccessError):
            self.devices.with_user(self.bridge).issue("x", "y")
        for method, argument in (("ingest", []), ("hello", []), ("state", [])):
            with self.assertRaises(AccessError):
                getattr(self.devices.with_user(self.enrolment), method)(argument)
        with self.assertRaises(AccessError):
            self.devices.with_user(self.enrolment).device_list()

    def test_services_have_access_to_no_model(self):
        for user in (self.bridge, self.enrolment):
            env = self.env(user=user)
            for name in env.registry:
                if env[name]._abstract:
                    continue
                for operation in ("read", "write", "create", "unlink"):
                    self.assertFalse(
                        env[name].has_access(operation), (user.login, name, operation)
                    )

    def test_services_have_no_password_and_a_key_that_ends(self):
        for kind in ("bridge", "enrolment"):
            user = self.env.ref(f"workshop_edge.res_users_{kind}")
            self.env.cr.execute(
                "SELECT password FROM res_users WHERE id = %s", [user.id]
            )
            self.assertEqual(self.env.cr.fetchone(), (None,))
            self.assertFalse(user.email)
            self.assertFalse(user._is_internal())
            first = self.env["res.users"]._workshop_service_key(kind)
            second = self.env["res.users"]._workshop_service_key(kind)
            check = self.env["res.users.apikeys"]._check_credentials
            # Both hold until the service has read the new one.
            self.assertEqual(check(scope="rpc", key=first), user.id)
            self.assertEqual(check(scope="rpc", key=second), user.id)
            keys_ = self.env["res.users.apikeys"].search([("user_id", "=", user.id)])
            ends = sorted(keys_.mapped("expiration_date"))
            self.assertTrue(all(ends))
            now = fields.Datetime.now()
            self.assertLess(ends[-2], now + timedelta(hours=1, minutes=1))
            self.assertGreater(ends[-1], now + timedelta(days=300))
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE res_users_apikeys SET expiration_date = expiration_date"
                " - interval '2 hours' WHERE user_id = %s",
                [user.id],
            )
            self.assertFalse(check(scope="rpc", key=first))
            self.assertEqual(check(scope="rpc", key=second), user.id)

    def test_hello_is_answered_with_what_odoo_has(self):
        bay = self.first
        bay.send(bay.event(self.oil_job, "start", self.tess))
        board = self._board(bay)
        bay.board = 0
        hello = json.loads(bay.hello())
        reply = self.devices.with_user(self.bridge).hello([json.dumps(hello)])
        [answer] = reply["answers"]
        self.assertEqual(
            (answer["bay"], answer["partition"]),
            (self.bay.uuid, self.store.partition),
        )
        welcome = read_answer(self.odoo_key, answer["message"])
        self.assertEqual(welcome.nonce, hello["nonce"])
        self.assertEqual((welcome.last_seq, welcome.last_seal), (1, bay.seal))
        self.assertEqual(welcome.board, board.version)
        self.assertEqual([row["version"] for row in reply["boards"]], [board.version])
        self.assertTrue(bay.device.is_connected)
        self.assertTrue(bay.device.last_seen)
        self.devices.with_user(self.bridge).state(
            [seal(bay.key, Gone(device=bay.name)).decode()]
        )
        self.env.invalidate_all()
        self.assertFalse(bay.device.is_connected)

    def test_nobody_speaks_for_another_device(self):
        """A stolen unit at its own topic, or whoever passes messages on."""
        bay, stranger = self.first, self.second
        bay.send(bay.event(self.oil_job, "start", self.tess))
        devices = self.devices.with_user(self.bridge)
        devices.hello([bay.hello()])
        genuine = read_state(bay.hello())
        beat = Beat(
            device=bay.name, boot=bay.boot, mono=genuine.mono, health=genuine.health
        )
        lie = {"mono": 2**50, "health": genuine.health.model_copy(update=LIES)}
        forged = [
            text.decode()
            for message in (genuine, beat)
            for told in [message.model_copy(update=lie)]
            for text in (
                seal(stranger.key, told),
                encode(told),
                encode(told.model_copy(update={"sig": None})),
            )
        ]
        gone = Gone(device=bay.name)
        forged += [encode(gone).decode(), seal(stranger.key, gone).decode()]

        def known():
            self.env.invalidate_all()
            boots = self.env["workshop.device.boot"].search(
                [("device_id", "=", bay.device.id)]
            )
            noted = ("health", "is_connected", "waiting", "last_seq", "board_held")
            return bay.device.read(noted), boots.mapped("offset_ms")

        before = known()
        with mute_logger("odoo.addons.workshop_edge.ingest.greeting"):
            self.assertEqual(devices.hello(forged), {"answers": [], "boards": []})
            devices.state(forged)
            self.assertEqual(known(), before)
            # Nor does one of them stand in the way of what the device says itself.
            reply = devices.hello([bay.hello(), *forged])
        self.assertEqual([each["device"] for each in reply["answers"]], [bay.name])

    def test_whoever_is_not_admitted_is_not_welcomed(self):
        self.first.device.action_revoke()
        self.env.flush_all()
        stranger = self.second.hello(device="dev-nobody-knows")
        with mute_logger("odoo.addons.workshop_edge.ingest.greeting"):
            reply = self.devices.with_user(self.bridge).hello(
                [self.first.hello(), stranger, "nonsense"]
            )
        self.assertEqual(reply, {"answers": [], "boards": []})

    def test_enrolment_values_make_the_devices_file(self):
        params = self.env["ir.config_parameter"]
        params.set_param("workbay.brokers", False)
        with self.assertRaisesRegex(UserError, r"workbay\.brokers"):
            self.first.device.enrolment_values()
        params.set_param("workbay.brokers", '[{"host": "localhost", "port": 8883}]')
        params.set_param("workbay.media_url", "https://localhost:8443")
        values = self.first.device.with_user(self.manager).enrolment_values()
        self.assertEqual(
            values,
            {
                "device": self.first.name,
                "bay": self.bay.uuid,
                "partition": self.store.partition,
                "brokers": [{"host": "localhost", "port": 8883}],
                "media_url": "https://localhost:8443",
                "odoo_public_key": keys.public_hex(self.odoo_key),
            },
        )

    def test_only_who_runs_the_store_revokes(self):
        for user in (self.technician, self.advisor, self.lead):
            with self.assertRaises(AccessError):
                self.first.device.with_user(user).action_revoke()
        with self.assertRaises(AccessError):
            self.foreign.device.with_user(self.manager).action_revoke()
        self.first.device.with_user(self.manager).action_revoke()
        self.assertEqual(self.first.device.status, "revoked")

    def test_a_store_sees_its_own_devices_and_writes_none(self):
        devices = self.devices.with_user(self.manager)
        mine = self.first.device | self.second.device
        self.assertEqual(devices.search([("name", "=like", "dev-test-%")]), mine)
        for operation in ("write", "create", "unlink"):
            self.assertFalse(devices.has_access(operation))
        with self.assertRaises(UserError):
            self.first.device.unlink()
