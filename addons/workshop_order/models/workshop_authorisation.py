from odoo import api, fields, models
from odoo.exceptions import UserError

from workbay_contract.types import sha256

from .. import append_only

# How a customer's decision reaches the store.
CHANNELS = [
    ("desk", "In Person"),
    ("signature", "Signature"),
    ("phone", "Phone"),
    ("message", "Message"),
]


class WorkshopAuthorisation(models.Model):
    """What the customer decided about exactly what was shown; never changed again.

    Its event stands in the order's chain and names the hash of what was shown.
    """

    _name = "workshop.authorisation"
    _description = "Authorisation"
    _order = "id desc"

    order_id = fields.Many2one(
        "workshop.order",
        "Work Order",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True)
    job_ids = fields.Many2many(
        "workshop.job",
        "workshop_authorisation_job_rel",
        "authorisation_id",
        "job_id",
        "Jobs",
        readonly=True,
    )
    decision = fields.Selection(
        [
            ("authorised", "Authorised"),
            ("declined", "Declined"),
            ("deferred", "Deferred"),
            ("refused", "Repair Refused"),
        ],
        required=True,
        readonly=True,
    )
    channel = fields.Selection(
        CHANNELS,
        "How",
        required=True,
        readonly=True,
    )
    signer = fields.Char("Decided by", required=True, readonly=True)
    actor_id = fields.Many2one(
        "res.users", "Taken by", required=True, readonly=True, ondelete="restrict"
    )
    decided_at = fields.Datetime("When", required=True, readonly=True)
    currency_id = fields.Many2one(related="order_id.currency_id")
    amount = fields.Monetary(readonly=True)
    lang = fields.Char("Language Shown", required=True, readonly=True)
    content = fields.Text("What Was Shown", required=True, readonly=True)
    content_hash = fields.Char("SHA-256 of It", required=True, readonly=True)
    signature = fields.Image(readonly=True, max_width=1024, max_height=1024)
    signature_hash = fields.Char("SHA-256 of the Signature", readonly=True)
    note = fields.Text(readonly=True)
    event_id = fields.Many2one(
        "workshop.event", required=True, readonly=True, ondelete="restrict"
    )

    _signature_given = models.Constraint(
        "CHECK (channel <> 'signature' OR signature_hash IS NOT NULL)",
        "Who agrees by signature signs.",
    )
    _event_uniq = models.Constraint("UNIQUE (event_id)", "One decision per event.")

    def init(self):
        """Have the database refuse a change as well; its store is filled in late."""
        free = ("company_id", "write_date", "write_uid")
        append_only.guard(self.env.cr, self._table, free)
        append_only.guard(self.env.cr, self._fields["job_ids"].relation)

    @api.depends("order_id.name", "decision", "decided_at")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["decision"]._description_selection(self.env))
        for record in self:
            record.display_name = (
                f"{record.order_id.name} · {labels.get(record.decision, '')}"
            )

    @api.model_create_multi
    def create(self, vals_list):
        if vals_list:
            raise UserError(
                self.env._("An authorisation is taken on its work order: “Authorise”.")
            )
        return super().create(vals_list)

    def write(self, vals):
        if self and vals:
            raise UserError(
                self.env._("What was authorised stays: have it authorised anew.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(
            self.env._("What was authorised stays: have it authorised anew.")
        )

    @api.model
    def _take(self, vals):
        """Past this class's guards, which leave it to the order to take one."""
        return super().create([vals])

    def _verify(self):
        """Whether content and signature are still those that the chain names."""
        self.ensure_one()
        return (
            sha256(self.content.encode()) == self.content_hash
            and self.content_hash in self.event_id.raw
            and (not self.signature_hash or self.signature_hash in self.event_id.raw)
        )
