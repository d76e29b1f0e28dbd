import os
import tempfile
import time
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from odoo.tools import mute_logger

from odoo.addons.workshop_order.floor import fold
from odoo.addons.workshop_order.tests.common import WorkshopOrderCommon

from workbay_contract import key_files
from workbay_contract.answers import read_answer
from workbay_contract.batch import GENESIS, seal_batch
from workbay_contract.board import read_board
from workbay_contract.codes import token_hash
from workbay_contract.events import EventTime, MediaRef, NodeEvent, encode_event
from workbay_contract.state import Health, Hello, seal
from workbay_contract.types import sha256

from ..signing import VARIABLE

PHOTO = b"a photo"
RECORD = "odoo.addons.workshop_order.floor.record"


def csr(key, name):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return request.sign(key, None).public_bytes(Encoding.PEM).decode()


def certificate(public_key, name):
    """As the enrolment service would issue it."""
    authority = Ed25519PrivateKey.generate()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    issued = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CA")]))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=365))
        .sign(authority, None)
    )
    return issued.public_bytes(Encoding.PEM).decode()


class Bay:
    """What a bay's agent does, without its disk: records, seals, sends, settles."""

    def __init__(self, case, device, key):
        self.case, self.device, self.key = case, device, key
        self.name = device.name
        self.reset()

    def reset(self):
        """Begin as a device that has never sent anything."""
        self.seq, self.seal = 0, GENESIS
        self.boot = uuid.uuid4()
        self.board = 0

    def event(self, job, node, badge, seq=None, photos=0, **values):
        """The bytes of an event with the next number."""
        if seq is None:
            self.seq += 1
            seq = self.seq
        job = job.sudo()
        return encode_event(
            NodeEvent(
                **{
                    "uuid": uuid.uuid4(),
                    "device": self.name,
                    "seq": seq,
                    "time": self.time(),
                    "order": job.order_id.id,
                    "job": job.id,
                    "node": node,
                    "sheet": job.order_id.sheet_hash,
                    "badge": token_hash(badge),
                    "board": self.board,
                    "media": tuple(
                        MediaRef(sha256=sha256(b"%d" % n), size=1)
                        for n in range(photos)
                    ),
                    **values,
                }
            )
        )

    def time(self, at=None, synced=True):
        return EventTime(
            wall=at or datetime.now(UTC),
            synced=synced,
            boot=self.boot,
            mono=round(time.monotonic() * 1000),
        )

    def batch(self, *events, first=None, prev=None, waiting=0):
        first = self.seq - len(events) + 1 if first is None else first
        return seal_batch(
            self.key, self.name, first, prev or self.seal, events, waiting
        )

    def send(self, *events, **values):
        """Send a batch and settle it; its outcomes."""
        batch = self.batch(*events, **values)
        answer = self.deliver(batch.encode().decode())
        if all(outcome.is_final for outcome in answer.outcomes):
            self.seal = batch.seal
        return answer.outcomes

    def deliver(self, payload):
        [answer] = self.case.ingest(payload)
        return answer

    def hello(self, **values):
        hello = Hello(
            **{
                "device": self.name,
                "nonce": sha256(os.urandom(8)),
                "board": self.board,
                "last_seq": self.seq,
                "last_seal": self.seal,
                "boot": self.boot,
                "mono": round(time.monotonic() * 1000),
                "health": Health(agent="1", waiting=0),
                **values,
            }
        )
        return seal(self.key, hello).decode()


class WorkshopEdgeCommon(WorkshopOrderCommon):
    """Two bays of a store with their devices, one of another store, and badges."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        path = cls.odoo_key_path = Path(folder.name) / "odoo.key"
        cls.odoo_key = key_files.generate(path).public_key()
        environment = patch.dict(os.environ, {VARIABLE: str(path)})
        cls.startClassPatcher(environment)
        cls.second_bay, cls.foreign_bay = cls.env["workshop.bay"].create(
            [
                {"name": "Pit", "code": "B2", "company_id": cls.store.id},
                {"name": "Lift", "code": "B1", "company_id": cls.other_store.id},
            ]
        )
        cls.first = cls._enrol(cls.bay, "dev-test-first")
        cls.second = cls._enrol(cls.second_bay, "dev-test-second")
        cls.foreign = cls._enrol(cls.foreign_bay, "dev-test-foreign")
        cls.tess = cls.technician.sudo().issue_badge()
        cls.quinn = cls.inspector.sudo().issue_badge()
        cls.bridge = cls.env.ref("workshop_edge.res_users_bridge")
        # Badges hold from the second of their making on; events come after it.
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE workshop_badge SET valid_from = valid_from - interval '1 day'"
        )
        cls.env.invalidate_all()
        cls.order = cls._receive(
            service_ids=(cls.oil_service + cls.brake_service).ids
        ).sudo()
        cls.order.action_authorise()
        cls.oil_job, cls.brake_job = cls.order.job_ids
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        for bay in (self.first, self.second, self.foreign):
            bay.reset()

    @classmethod
    def _enrol(cls, bay, name):
        key = Ed25519PrivateKey.generate()
        device = bay.request_device(csr(key, name))
        cls.env["workshop.device"].issue(name, certificate(key.public_key(), name))
        return Bay(cls, device, key)

    @classmethod
    def ingest(cls, *payloads):
        reply = cls.env["workshop.device"].with_user(cls.bridge).ingest(list(payloads))
        cls.env.invalidate_all()
        return [
            read_answer(cls.odoo_key, answer["message"]) for answer in reply["answers"]
        ]

    @classmethod
    def _board(cls, bay):
        """The bay's newest board, made now."""
        cls.env.cr.execute("UPDATE workshop_board SET looked_ms = 0")
        poll = cls.env["workshop.board"].with_user(cls.bridge).poll
        boards = {
            board["device"]: board["message"] for board in poll(list(range(64)), [])
        }
        board = read_board(cls.odoo_key, boards[bay.name])
        bay.board = board.version
        return board

    def _codes(self, outcomes):
        return [(o.result, o.effect, o.code) for o in outcomes]

    def _assert_applied(self, outcomes):
        self.assertEqual(
            self._codes(outcomes), [("accepted", "applied", None)] * len(outcomes)
        )

    @contextmanager
    def _poison(self, job):
        """Every event of the job breaks the code that judges it."""
        judge = fold.judge

        def poisoned(process, state, person, confirmation, *steps):
            if confirmation.job == job.id:
                raise RuntimeError("poison")
            return judge(process, state, person, confirmation, *steps)

        with patch.object(fold, "judge", poisoned), mute_logger(RECORD):
            yield
