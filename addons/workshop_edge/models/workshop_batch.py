from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.workshop_order import append_only
from odoo.addons.workshop_order.fields import BigInteger

from workbay_contract.batch import proved_seal
from workbay_contract.errors import SealError


class WorkshopBatch(models.Model):
    """A sealed batch as it first came in: what proves each of its events.

    The events' exact bytes stand in the log; their hashes, the numbers and the previous
    seal are what the device signed.
    """

    _name = "workshop.batch"
    _description = "Sealed Batch of Events"
    _log_access = False
    _order = "id desc"
    _rec_name = "seal"

    device_id = fields.Many2one(
        "workshop.device", required=True, readonly=True, index=True, ondelete="restrict"
    )
    first = BigInteger("First Number", required=True, readonly=True, aggregator=None)
    count = fields.Integer(required=True, readonly=True)
    prev = fields.Char("Previous Seal", required=True, readonly=True)
    seal = fields.Char(required=True, readonly=True)
    signature = fields.Char(required=True, readonly=True)
    public_key = fields.Char(
        required=True, readonly=True, help="The device's key at that time."
    )
    hashes = fields.Json("Hashes of the Events", required=True, readonly=True)
    received_at = fields.Datetime("Received", required=True, readonly=True)
    event_ids = fields.One2many("workshop.event", "batch_id", "Events", readonly=True)

    _seal_uniq = models.Constraint("UNIQUE (seal)", "This batch is known already.")

    def init(self):
        append_only.guard(self.env.cr, self._table)

    def write(self, vals):
        if self:
            raise UserError(
                self.env._("A sealed batch is evidence: it stays as it came.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_evidence(self):
        raise UserError(self.env._("A sealed batch is evidence: it stays."))

    def _verify(self):
        """Prove the batch and its events in the log anew.

        :return: True, or a sentence that says what does not hold.
        """
        self.ensure_one()
        try:
            proved = proved_seal(
                self.public_key,
                self.device_id.name,
                self.first,
                self.prev,
                self.hashes,
                self.signature,
            )
        except SealError:
            return self.env._("The device did not sign batch %(seal)s.", seal=self.seal)
        if proved != self.seal:
            return self.env._("Batch %(seal)s bears another's seal.", seal=self.seal)
        for event in self.event_ids:
            position = event.seq - self.first
            if event._bytes_hash() != self.hashes[position]:
                return self.env._(
                    "Event %(event)s is not what batch %(seal)s sealed.",
                    event=event.seq,
                    seal=self.seal,
                )
        return True
