import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from workbay_contract import enrolment
from workbay_contract.codes import token_hash
from workbay_contract.types import sha256


class WorkshopEnrolment(models.Model):
    """A code that lets one unit become the device of one bay, once.

    The secret is on the code alone; here stands its hash.
    """

    _name = "workshop.enrolment"
    _description = "Enrolment Code"
    _order = "id desc"
    _rec_name = "bay_id"

    bay_id = fields.Many2one(
        "workshop.bay", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="bay_id.company_id", store=True, index=True, string="Store"
    )
    secret_hash = fields.Char(required=True, readonly=True, groups=fields.NO_ACCESS)
    expires_at = fields.Datetime("Valid Until", required=True, readonly=True)
    replaced_at = fields.Datetime("Replaced", readonly=True)
    spent_at = fields.Datetime("Used", readonly=True)
    csr_hash = fields.Char(readonly=True, groups=fields.NO_ACCESS)
    device_id = fields.Many2one(
        "workshop.device", readonly=True, index="btree_not_null", ondelete="restrict"
    )

    _secret_hash_uniq = models.Constraint(
        "UNIQUE (secret_hash)", "This code exists already."
    )
    _spent_complete = models.Constraint(
        "CHECK (spent_at IS NULL OR (device_id IS NOT NULL AND csr_hash IS NOT NULL))",
        "A used code names its device.",
    )

    @api.model
    def _make(self, bay):
        """A new code for a bay, in the place of one that is still open.

        :return: (the text for the QR code, told this once; until when it is valid).
        """
        bay.ensure_one()
        bay.check_access("write")
        if not bay.active:
            raise UserError(
                self.env._("%(bay)s is archived: no unit works there.", bay=bay.name)
            )
        # sudo: the parameters are the same for all and no secret.
        get_param = self.env["ir.config_parameter"].sudo().get_param
        url, authority = get_param("workbay.media_url"), get_param("workbay.ca_sha256")
        if not url or not authority:
            raise UserError(
                self.env._(
                    "Set the system parameters workbay.media_url and workbay.ca_sha256"
                    " first: a unit has to know whom it may trust."
                )
            )
        secret = secrets.token_urlsafe(32)
        now = fields.Datetime.now()
        # sudo: codes are made here alone; the right to the bay was checked.
        codes = self.sudo()
        codes.search(
            [
                ("bay_id", "=", bay.id),
                ("spent_at", "=", False),
                ("replaced_at", "=", False),
            ]
        ).write({"replaced_at": now})
        made = codes.create(
            {
                "bay_id": bay.id,
                "secret_hash": token_hash(secret),
                "expires_at": now + timedelta(seconds=enrolment.VALID_SECONDS),
            }
        )
        return enrolment.code_text(url, secret, authority), made.expires_at

    @api.model
    def _enrol(self, secret, csr):
        """Spend a code on a request, or say how the request it was spent on fares."""
        self.env.cr.execute(
            "SELECT id FROM workshop_enrolment WHERE secret_hash = %s FOR UPDATE",
            [token_hash(secret)],
        )
        code = self.browse(row[0] for row in self.env.cr.fetchall())
        code.invalidate_recordset()
        refusal = code._refusal(csr)
        if refusal:
            return self.env["workshop.device"]._enrol_answer(code=refusal)
        if not code.spent_at:
            device, refusal = code.bay_id._take_request(csr)
            if refusal:
                return device._enrol_answer(code=refusal)
            code.write(
                {
                    "spent_at": fields.Datetime.now(),
                    "csr_hash": sha256(csr.encode()),
                    "device_id": device.id,
                }
            )
        return code.device_id._enrol_answer()

    def _refusal(self, csr):
        """Why the code opens nothing for this request; None when it does."""
        if not self:
            return "enrol_unknown"
        if self.spent_at:
            # The same request again: its answer was lost, or it waits.
            return None if self.csr_hash == sha256(csr.encode()) else "enrol_spent"
        if self.replaced_at:
            return "enrol_replaced"
        if self.expires_at < fields.Datetime.now():
            return "enrol_expired"
        if not (self.bay_id.active and self.company_id.active):
            return "enrol_bay_closed"
        return None
