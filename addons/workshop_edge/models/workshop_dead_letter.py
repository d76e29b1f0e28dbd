from odoo import api, fields, models

from odoo.addons.workshop_order import append_only

from workbay_contract.types import sha256
from workbay_contract.wording import word

MAX_PAYLOAD = 160 * 1024


class WorkshopDeadLetter(models.Model):
    """What came in and could not be taken, once per payload."""

    _name = "workshop.dead.letter"
    _description = "Refused Message"
    _log_access = False
    _order = "received_at desc, id desc"
    _rec_name = "payload_hash"

    payload = fields.Text(required=True, readonly=True)
    payload_hash = fields.Char("SHA-256", required=True, readonly=True)
    code = fields.Char("Reason Code", required=True, readonly=True)
    message = fields.Char("Reason", compute="_compute_message")
    detail = fields.Char(readonly=True)
    device_name = fields.Char("Device as It Says", readonly=True)
    device_id = fields.Many2one(
        "workshop.device", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", "Store", readonly=True)
    received_at = fields.Datetime("First Received", required=True, readonly=True)
    attempts = fields.Integer("Times", required=True, readonly=True, default=1)

    _payload_hash_uniq = models.Constraint(
        "UNIQUE (payload_hash, code)", "This message was refused already."
    )

    def init(self):
        """Have the database refuse changes; only how often it came is counted on."""
        append_only.guard(self.env.cr, self._table, ("attempts",))

    @api.depends("code")
    @api.depends_context("lang")
    def _compute_message(self):
        for letter in self:
            letter.message = word(letter.code, {}, self.env.lang or "en_US")

    @api.model
    def _note(self, payload, code, device=None, device_name=None, detail=""):
        """Keep a refused payload, or count that it came again.

        :param device: ``ingest.devices.Device``, when it is known who sent it.
        :return: how often it came.
        """
        self.env.cr.execute(
            """
            INSERT INTO workshop_dead_letter AS letter
                   (payload, payload_hash, code, detail, device_name, device_id,
                    company_id, received_at, attempts)
            VALUES (%s, %s, %s, %s, %s, %s, %s, now() AT TIME ZONE 'UTC', 1)
                ON CONFLICT (payload_hash, code)
                DO UPDATE SET attempts = letter.attempts + 1
            RETURNING attempts
            """,
            [
                _storable(payload[:MAX_PAYLOAD]),
                # A lone surrogate has no bytes; it is hashed as what stands for it.
                sha256(payload.encode("utf-8", "surrogatepass")),
                code,
                _storable(detail[:200]),
                device_name and _storable(device_name),
                device.id if device else None,
                device.company_id if device else None,
            ],
        )
        return self.env.cr.fetchone()[0]


def _storable(text):
    """The text without what PostgreSQL cannot keep: NUL and lone surrogates."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "?")
