from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.workshop_order import append_only

from workbay_contract.answers import read_answer
from workbay_contract.types import sha256
from workbay_contract.wording import word

from ..ingest.intake import Intake
from ..signing import signing_key
from ..transaction import begin_anew

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
    replay_ids = fields.One2many(
        "workshop.dead.letter.replay", "letter_id", "Replays", readonly=True
    )

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

    def replay(self):
        """Have the message judged once more, as if it had just come.

        It is neither changed nor believed for that: its seal and its place in the
        device's line decide, as for what a bridge brings. No answer goes out; the bay
        still has the batch, and is answered when it sends it again.

        :return: the record of who did it and what came of it.
        """
        self.ensure_one()
        # Whoever may read it looks after the store's devices; unknown senders are HQ's.
        self.check_access("read")
        begin_anew(self.env.cr)
        self._check_replayable()
        # sudo: a batch proves its origin by its seal, not by who passes it on.
        env = self.sudo().env
        public = signing_key(env).public_key()
        answers = [
            read_answer(public, answer["message"])
            for answer in Intake(env).run([self.payload])["answers"]
        ]
        return self.env["workshop.dead.letter.replay"]._keep(self, answers)

    def action_replay(self):
        """Replay it and show what came of it."""
        replay = self.replay()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Replay"),
            "res_model": replay._name,
            "res_id": replay.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
        }

    def _check_replayable(self):
        if self.code == "unexpected":
            raise UserError(
                self.env._(
                    "This is one event of a batch. Its bay sends the batch again by"
                    " itself; what fails five times is held on its order for a"
                    " decision."
                )
            )
        if sha256(self.payload.encode()) != self.payload_hash:
            raise UserError(
                self.env._(
                    "This message is not kept as it came: it was too large, or held"
                    " what no text can hold. There is nothing to replay."
                )
            )

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
