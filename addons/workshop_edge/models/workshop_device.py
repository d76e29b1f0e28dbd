import json
import time
from datetime import UTC, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import NameOID
from pydantic import TypeAdapter, ValidationError

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.workshop_order.fields import BigInteger

from workbay_contract import enrolment, keys
from workbay_contract.batch import GENESIS
from workbay_contract.types import DeviceId

from ..ingest import greeting
from ..ingest.intake import Intake
from ..services import check_service
from ..signing import signing_key
from ..transaction import begin_anew

DEVICE_ID = TypeAdapter(DeviceId)
MANAGERS = "workshop_chain.workshop_chain_group_store_manager"
SILENT = timedelta(minutes=10)
"""Of the store's opening hours; a bay says something each minute."""
CLOCK_OFFSET_MS = 60_000
DISK_FREE_MB = 500
CERTIFICATE_LEFT = timedelta(days=30)
"""Beyond these a device is in trouble: people should look."""


class WorkshopDevice(models.Model):
    """A bay's device: who it is, by which key, and how far Odoo has it."""

    _name = "workshop.device"
    _description = "Bay Device"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "company_id, bay_id, id desc"

    name = fields.Char("Device", required=True, readonly=True, copy=False)
    bay_id = fields.Many2one(
        "workshop.bay", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        related="bay_id.company_id", store=True, index=True, string="Store"
    )
    # Not "state": that is what the bridge calls to tell how devices fare.
    status = fields.Selection(
        [("requested", "Requested"), ("active", "Active"), ("revoked", "Revoked")],
        required=True,
        readonly=True,
        copy=False,
        default="requested",
    )
    csr = fields.Text("Signing Request", readonly=True, copy=False)
    certificate = fields.Text(readonly=True, copy=False)
    public_key = fields.Char(readonly=True, copy=False)
    certificate_until = fields.Datetime(readonly=True, copy=False)
    is_renewing = fields.Boolean("Renewal Asked For", readonly=True, copy=False)
    activated_at = fields.Datetime("Active Since", readonly=True, copy=False)
    revoked_at = fields.Datetime("Revoked", readonly=True, copy=False)
    last_seq = BigInteger(
        "Last Number", required=True, readonly=True, default=0, aggregator=None
    )
    last_seal = fields.Char(required=True, readonly=True, default=GENESIS)
    last_event_ms = BigInteger(readonly=True, aggregator=None)
    last_seen = fields.Datetime(readonly=True)
    is_connected = fields.Boolean("Connected", readonly=True)
    waiting = fields.Integer("Waiting Events", readonly=True)
    lag_ms = BigInteger(
        "Lag (ms)",
        readonly=True,
        aggregator="max",
        help="How old the last batch's first event was when it came in.",
    )
    health = fields.Json(readonly=True)
    agent_version = fields.Char(readonly=True)
    disk_free_mb = fields.Integer("Free Disk (MB)", readonly=True, aggregator="min")
    media_waiting = fields.Integer("Waiting Photos", readonly=True)
    clock_offset_ms = BigInteger(
        "Clock Offset (ms)",
        readonly=True,
        aggregator="max",
        help="How far the unit's own clock is ahead of Odoo's. Times are corrected.",
    )
    silent_since = fields.Datetime(readonly=True, copy=False)
    trouble = fields.Char(compute="_compute_trouble")
    board_held = fields.Integer(readonly=True, aggregator=None)
    board_version = fields.Integer("Newest Board", compute="_compute_board")
    board_published = fields.Integer(compute="_compute_board")

    _name_uniq = models.Constraint("UNIQUE (name)", "Another device has this id.")
    _active_uniq = models.UniqueIndex(
        "(bay_id) WHERE status = 'active'", "This bay has an active device already."
    )
    _active_complete = models.Constraint(
        "CHECK (status <> 'active'"
        " OR (certificate IS NOT NULL AND public_key IS NOT NULL))",
        "An active device has its certificate.",
    )

    def _compute_board(self):
        # sudo: how new a board is says nothing of what is on it.
        boards = self.env["workshop.board"].sudo()
        found = {
            board.device_id.id: board
            for board in boards.search_fetch(
                [("device_id", "in", self.ids)],
                ["device_id", "version", "published_version"],
            )
        }
        for device in self:
            board = found.get(device.id, boards)
            device.board_version = board.version
            device.board_published = board.published_version

    @api.depends(
        "status",
        "silent_since",
        "is_connected",
        "health",
        "disk_free_mb",
        "clock_offset_ms",
        "certificate_until",
    )
    @api.depends_context("lang")
    def _compute_trouble(self):
        for device in self:
            device.trouble = ", ".join(device._troubles()) or False

    def _troubles(self):
        """In words, what somebody should look at."""
        if self.status != "active":
            return
        health, now = self.health or {}, fields.Datetime.now()
        if self.silent_since:
            yield self.env._("silent")
        elif self.last_seen and not self.is_connected:
            yield self.env._("not connected")
        if health.get("media_full"):
            yield self.env._("no room for photos")
        elif health and self.disk_free_mb < DISK_FREE_MB:
            yield self.env._("disk nearly full")
        if not health.get("camera", True):
            yield self.env._("no camera")
        if abs(self.clock_offset_ms) > CLOCK_OFFSET_MS:
            yield self.env._("clock wrong")
        if self.certificate_until and self.certificate_until < now:
            yield self.env._("certificate ended")
        elif self.certificate_until and self.certificate_until < now + CERTIFICATE_LEFT:
            yield self.env._("certificate ends soon")

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("A device is never deleted: revoke it."))

    def action_revoke(self):
        """Admit these devices no more: brokers and uploads follow within seconds."""
        self.check_access("read")
        self.bay_id.check_access("write")
        # sudo: devices are changed by their methods alone; the right was checked.
        self.sudo()._revoke()

    def enrolment_values(self):
        """What the device needs beside its certificate: its ``device.json``."""
        self.ensure_one()
        self.check_access("read")
        # sudo: the parameters are the same for all devices and no secret.
        get_param = self.env["ir.config_parameter"].sudo().get_param
        brokers, media_url = (
            get_param("workbay.brokers"),
            get_param("workbay.media_url"),
        )
        if not brokers or not media_url:
            raise UserError(
                self.env._(
                    "Set the system parameters workbay.brokers and workbay.media_url"
                    " first: devices have to know where to connect."
                )
            )
        return {
            "device": self.name,
            "bay": self.bay_id.uuid,
            "partition": self.company_id.partition,
            "brokers": json.loads(brokers),
            "media_url": media_url,
            "odoo_public_key": keys.public_hex(signing_key(self.env)),
        }

    # What the enrolment service calls

    @api.model
    def pending_requests(self):
        check_service(self.env, "enrolment")
        # sudo: the service has no access of its own but through its methods.
        devices = self.sudo().search(
            [
                *("|", ("status", "=", "requested")),
                *("&", ("status", "=", "active"), ("is_renewing", "=", True)),
            ]
        )
        return [{**device._address(), "csr": device.csr} for device in devices]

    @api.model
    def issue(self, device, certificate):
        """Admit a device with the certificate that was issued to it.

        Its bay's former device is revoked.
        """
        check_service(self.env, "enrolment")
        begin_anew(self.env.cr)
        # sudo: see pending_requests
        found = self.sudo().search([("name", "=", device)])
        if not found:
            raise UserError(self.env._("No device %(name)s is known.", name=device))
        found._issue(certificate)

    @api.model
    def enrolled(self):
        check_service(self.env, "enrolment")
        # sudo: see pending_requests
        return [device._address() for device in self.sudo()._search_active()]

    # What the bridge calls

    @api.model
    def device_list(self):
        check_service(self.env, "bridge")
        # sudo: see pending_requests
        return [
            {**device._address(), "public_key": device.public_key}
            for device in self.sudo()._search_active()
        ]

    @api.model
    def ingest(self, batches):
        """Take sealed batches, one per device, as received.

        :return: ``{"answers": [...], "boards": [...]}``, the answers signed.
        """
        check_service(self.env, "bridge")
        begin_anew(self.env.cr)
        # sudo: a batch proves its origin by its seal, not by who passes it on.
        return Intake(self.sudo().env).run(batches)

    @api.model
    def hello(self, hellos):
        """Welcome devices: tell each what Odoo has of it, and its newest board."""
        check_service(self.env, "bridge")
        begin_anew(self.env.cr)
        return greeting.welcome(self.sudo().env, hellos)  # sudo: as in ingest

    @api.model
    def state(self, states):
        """Note how devices fare, and which have gone."""
        check_service(self.env, "bridge")
        begin_anew(self.env.cr)
        greeting.note_states(self.sudo().env, states)  # sudo: as in ingest

    @api.model
    def enrol(self, secret, csr):
        """Let a unit that shows an enrolment code become its bay's device.

        The same call again says how it fares; with the certificate, once it is signed.

        :return: an ``EnrolAnswer`` of the contract.
        """
        check_service(self.env, "bridge")
        begin_anew(self.env.cr)
        # sudo: the code is the permission, and it is spent by this.
        codes = self.env["workshop.enrolment"].sudo()
        try:
            asked = enrolment.EnrolRequest(secret=secret, csr=csr)
        except ValidationError:
            return self.sudo()._enrol_answer(code="enrol_request")
        return codes._enrol(asked.secret, asked.csr)

    @api.model
    def renew(self, device, csr, held):
        """Ask for another certificate for the same key; again, until it is there.

        The bridge has checked that the device signed the request.

        :param held: fingerprint of the certificate that the device has.
        :return: an ``EnrolAnswer`` of the contract.
        """
        check_service(self.env, "bridge")
        begin_anew(self.env.cr)
        try:
            asked = enrolment.RenewRequest(csr=csr, held=held)
            name = DEVICE_ID.validate_python(device)
        except ValidationError:
            return self.sudo()._enrol_answer(code="enrol_request")
        # sudo: see pending_requests
        found = self.sudo().search([("name", "=", name), ("status", "=", "active")])
        if not found:
            return found._enrol_answer(code="device")
        found.lock_for_update()
        return found._renew(asked.csr, asked.held)

    def _renew(self, csr, held):
        if enrolment.fingerprint(self.certificate) != held:
            return self._enrol_answer()
        if self.certificate_until and self.certificate_until < fields.Datetime.now():
            return self._enrol_answer(code="certificate_expired")
        try:
            asked = self.bay_id._read_csr(csr)
        except UserError:
            return self._enrol_answer(code="enrol_request")
        if asked != (self.name, self.public_key):
            return self._enrol_answer(code="enrol_request")
        if not self.is_renewing:
            self._ask_renewal(csr)
        return self._enrol_answer()

    def _ask_renewal(self, csr):
        self.write({"csr": csr, "is_renewing": True})

    def _enrol_answer(self, code=None):
        """How a request fares, as the contract's ``EnrolAnswer``."""
        answer = {"server_time": round(time.time() * 1000), "code": code}
        if code:
            return {**answer, "status": "refused"}
        if self.status == "revoked":
            return {**answer, "status": "refused", "code": "device"}
        if self.status != "active" or self.is_renewing:
            return {**answer, "status": "waiting"}
        issued = {
            **self.enrolment_values(),
            "certificate": self.certificate,
            "bay_name": self.bay_id.display_name,
            "store": self.company_id.name,
        }
        return {**answer, "status": "issued", "issued": issued}

    def _search_active(self):
        return self.search([("status", "=", "active")])

    def _address(self):
        return {
            "device": self.name,
            "bay": self.bay_id.uuid,
            "partition": self.company_id.partition,
        }

    def _issue(self, certificate):
        self.ensure_one()
        self.lock_for_update()
        if self.status == "revoked":
            raise UserError(self.env._("%(name)s is revoked.", name=self.name))
        if self._read_certificate(certificate) != (self.name, self.public_key):
            raise UserError(
                self.env._(
                    "The certificate is not for %(name)s and its key.", name=self.name
                )
            )
        vals = {
            "certificate": certificate,
            "certificate_until": _valid_until(certificate),
            "is_renewing": False,
        }
        if self.status == "active":
            self.write(vals)
            return
        former = self.bay_id.device_ids.filtered(lambda d: d.status == "active") - self
        former._revoke()
        self.env.flush_all()
        self.write({**vals, "status": "active", "activated_at": fields.Datetime.now()})
        self.env.flush_all()
        self.env["workshop.board.change"]._mark(self.company_id.ids)

    def _read_certificate(self, certificate):
        try:
            read = x509.load_pem_x509_certificate(certificate.encode())
            names = read.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
            public_key = read.public_key()
        except ValueError:
            return None
        if len(names) != 1 or not isinstance(public_key, Ed25519PublicKey):
            return None
        return names[0].value, keys.public_hex(public_key)

    def _revoke(self):
        self.filtered(lambda device: device.status != "revoked").write(
            {
                "status": "revoked",
                "revoked_at": fields.Datetime.now(),
                "is_connected": False,
                "is_renewing": False,
                "silent_since": False,
            }
        )
        self._end_alert(self.env._("The device was revoked."))

    # Silent bays

    @api.model
    def _cron_watch(self):
        """Alert people to bays that went silent; take it back when they return."""
        now = fields.Datetime.now()
        active = [("status", "=", "active"), ("last_seen", "!=", False)]
        for device in self.search(
            [*active, ("silent_since", "=", False), ("last_seen", "<", now - SILENT)]
        ):
            if device._open_time(device.last_seen, now) >= SILENT:
                device.silent_since = device.last_seen
                device._alert()
        for device in self.search([*active, ("silent_since", "!=", False)]):
            if device.last_seen > device.silent_since and device.is_connected:
                device.silent_since = False
                device._end_alert(self.env._("The bay is back."))

    def _open_time(self, begin, end):
        """How much of a span the store was open; all of it where no hours are told."""
        calendar = self.company_id.resource_calendar_id
        if not calendar:
            return end - begin
        # Longer ago than a week, and the answer is the same.
        begin = max(begin, end - timedelta(days=7))
        hours = calendar.get_work_hours_count(
            begin.replace(tzinfo=UTC), end.replace(tzinfo=UTC), compute_leaves=True
        )
        return timedelta(hours=hours)

    def _alert(self):
        """One open activity for the store, until the bay is heard of again."""
        if self._alerts():
            return
        person = self._who_looks()
        if not person:
            return
        self.with_context(mail_activity_quick_update=True).activity_schedule(
            "workshop_edge.mail_activity_type_silent",
            summary=self.env._("%(bay)s is silent", bay=self.bay_id.display_name),
            note=self.env._(
                "Nothing has come from this bay for a while. Is the unit switched on,"
                " and the network there? What is confirmed there is kept and follows."
            ),
            user_id=person.id,
        )

    def _end_alert(self, feedback):
        self._alerts().action_feedback(feedback=feedback)

    def _alerts(self):
        kind = self.env.ref("workshop_edge.mail_activity_type_silent")
        return self.activity_ids.filtered(lambda each: each.activity_type_id == kind)

    def _who_looks(self):
        """The store's own manager, else one who may enter the store."""
        persons = self.company_id._workshop_users_of(MANAGERS)
        own = persons.filtered(lambda user: user.company_id == self.company_id)
        return (own or persons).sorted("id")[:1]

    def _contradicted(self, number):
        """This bay holds another checkpoint than the one that it was sent."""
        self._alarm(
            self.env._(
                "Checkpoint %(number)s is not what this bay holds: was the log"
                " rewritten?",
                number=number,
            )
        )

    def _alarm(self, summary):
        """Have the store's managers look at the devices, once until they have."""
        # It may be raised while bays wait for their answer: no mails are sent of it.
        for device in self.with_context(mail_activity_quick_update=True):
            if summary in device.activity_ids.mapped("summary"):
                continue
            for user in device.company_id._workshop_users_of(MANAGERS):
                device.activity_schedule(
                    "mail.mail_activity_data_warning", summary=summary, user_id=user.id
                )


def _valid_until(certificate):
    until = x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc
    return until.astimezone(UTC).replace(tzinfo=None)
