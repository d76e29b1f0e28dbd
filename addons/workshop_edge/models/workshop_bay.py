from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import NameOID
from pydantic import TypeAdapter, ValidationError

from odoo import fields, models
from odoo.exceptions import UserError

from workbay_contract import keys
from workbay_contract.types import DeviceId

DEVICE_ID = TypeAdapter(DeviceId)
BOARD_FIELDS = {"name", "code", "active"}


class WorkshopBay(models.Model):
    _inherit = "workshop.bay"

    device_ids = fields.One2many("workshop.device", "bay_id", "Devices")
    device_id = fields.Many2one("workshop.device", compute="_compute_device_id")

    def _compute_device_id(self):
        for bay in self:
            bay.device_id = bay.device_ids.filtered(lambda d: d.status == "active")[:1]

    def write(self, vals):
        result = super().write(vals)
        if BOARD_FIELDS & set(vals):
            self.env["workshop.board.change"]._mark(self.company_id.ids)
        return result

    def request_device(self, csr_pem):
        """Ask for a certificate for this bay's device; the enrolment service issues it.

        Asking again with the same request changes nothing.

        :param str csr_pem: the device's signing request; its common name is the
            device's id, its key Ed25519.
        :return: the device.
        """
        self.ensure_one()
        self.check_access("write")
        name, public_key = self._read_csr(csr_pem)
        # sudo: the right to the bay was checked.
        device = self._known_device(name)
        if device and (device.bay_id != self or device.status == "revoked"):
            raise UserError(
                self.env._(
                    "The device id %(name)s is spent: let the device make a new key"
                    " under a new id.",
                    name=name,
                )
            )
        if device.status == "active" and device.public_key == public_key:
            return device.with_env(self.env)
        if device.status == "active":
            raise UserError(
                self.env._(
                    "%(name)s is at work with another key: revoke it first.", name=name
                )
            )
        return self._put_request(device, name, public_key, csr_pem).with_env(self.env)

    def _take_request(self, csr_pem):
        """Take the request of a unit that showed this bay's code.

        A unit that is this bay's device already, under the same key, gets a new
        certificate and goes on with all that it holds.

        :return: (the device, None) or (no device, why not as a key of WORDING).
        """
        self.ensure_one()
        none = self.env["workshop.device"]
        try:
            name, public_key = self._read_csr(csr_pem)
        except UserError:
            return none, "enrol_request"
        device = self._known_device(name)
        if device.status == "revoked":
            return none, "enrol_new_key"
        if device and device.bay_id != self:
            return none, "enrol_other_bay"
        if device.status == "active":
            if device.public_key != public_key:
                return none, "enrol_new_key"
            device._ask_renewal(csr_pem)
            return device, None
        return self._put_request(device, name, public_key, csr_pem), None

    def _known_device(self, name):
        # sudo: an id belongs to one device in the whole chain, whoever asks.
        return self.env["workshop.device"].sudo().search([("name", "=", name)])

    def _put_request(self, device, name, public_key, csr_pem):
        vals = {"csr": csr_pem, "public_key": public_key}
        if device:
            device.write(vals)
            return device
        # sudo: devices are made here alone, for a bay to which the right was checked.
        devices = self.env["workshop.device"].sudo()
        return devices.create({**vals, "name": name, "bay_id": self.id})

    def _read_csr(self, csr_pem):
        """The device id and the public key of a signing request that is in order."""
        try:
            csr = x509.load_pem_x509_csr(csr_pem.encode())
            names = csr.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
            public_key = csr.public_key()
        except (ValueError, UnsupportedAlgorithm) as error:
            raise UserError(
                self.env._("This is no certificate signing request.")
            ) from error
        if not isinstance(public_key, Ed25519PublicKey) or not csr.is_signature_valid:
            raise UserError(
                self.env._(
                    "The signing request must bear and be signed by an Ed25519 key."
                )
            )
        try:
            name = DEVICE_ID.validate_python(names[0].value if len(names) == 1 else "")
        except ValidationError as error:
            raise UserError(
                self.env._(
                    "The signing request must name the device: 8 to 40 lower-case"
                    " letters, digits and hyphens."
                )
            ) from error
        return name, keys.public_hex(public_key)
