import json

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.workshop_authorisation import CHANNELS


class WorkshopOrderAuthorise(models.TransientModel):
    """Shows the customer the jobs with their prices, and takes what is decided."""

    _name = "workshop.order.authorise"
    _description = "Take the Customer's Decision"

    order_id = fields.Many2one("workshop.order", required=True, ondelete="cascade")
    offered_ids = fields.Many2many("workshop.job", compute="_compute_offered_ids")
    job_ids = fields.Many2many(
        "workshop.job",
        "workshop_order_authorise_job_rel",
        string="Jobs",
        compute="_compute_job_ids",
        store=True,
        readonly=False,
        domain="[('id', 'in', offered_ids)]",
    )
    act = fields.Selection(
        [
            ("authorise", "Agrees"),
            ("decline", "Declines"),
            ("defer", "Wants it later"),
        ],
        "Customer",
        required=True,
        default="authorise",
    )
    channel = fields.Selection(
        CHANNELS,
        "How",
        required=True,
        default="signature",
    )
    dispatch_problem = fields.Text(
        "Nobody Present", compute="_compute_dispatch_problem"
    )
    signer = fields.Char(
        "Decided by", compute="_compute_signer", store=True, readonly=False
    )
    signature = fields.Binary()
    reason = fields.Char()
    until = fields.Date()
    shown = fields.Html("Shown to the Customer", compute="_compute_shown")
    shown_hash = fields.Char(compute="_compute_shown_hash", store=True)

    @api.depends("order_id")
    def _compute_offered_ids(self):
        for wizard in self:
            wizard.offered_ids = wizard.order_id.job_ids.filtered(
                lambda job: job.state in ("proposed", "declined", "deferred")
                or job.is_stale
            )

    @api.depends("order_id")
    def _compute_job_ids(self):
        for wizard in self:
            wizard.job_ids = wizard.order_id._jobs_to_decide(None)

    @api.depends("job_ids")
    def _compute_dispatch_problem(self):
        for wizard in self:
            wizard.dispatch_problem = wizard.job_ids._origin._dispatch_problems()

    @api.depends("order_id")
    def _compute_signer(self):
        for wizard in self:
            wizard.signer = wizard.order_id.partner_id.name

    @api.depends("job_ids")
    def _compute_shown(self):
        for wizard in self:
            jobs = wizard.job_ids._origin
            if not jobs or not wizard.order_id:
                wizard.shown = False
                continue
            offer = wizard.order_id._origin._offer(jobs)
            wizard.shown = self.env["ir.qweb"]._render(
                "workshop_order.workshop_order_offer", json.loads(offer["content"])
            )

    @api.depends("job_ids")
    def _compute_shown_hash(self):
        """Kept, so that what is agreed to is what stood on the screen."""
        for wizard in self:
            jobs = wizard.job_ids._origin
            wizard.shown_hash = (
                wizard.order_id._origin._offer(jobs)["hash"]
                if jobs and wizard.order_id
                else False
            )

    def action_decide(self):
        self.ensure_one()
        jobs = self.job_ids
        if not jobs:
            raise UserError(self.env._("Choose the jobs that were decided on."))
        said = {
            "channel": self.channel,
            "signer": self.signer,
            "signature": self.signature if self.channel == "signature" else None,
        }
        if self.act == "authorise":
            self.order_id.authorise(
                jobs.ids, shown=self.shown_hash, note=self.reason, **said
            )
        elif self.act == "decline":
            jobs.decline(self.reason, **said)
        else:
            jobs.defer(self.reason, self.until, **said)
        return {"type": "ir.actions.act_window_close"}
