from odoo import api, fields, models
from odoo.exceptions import UserError


class WorkshopJobDeviate(models.TransientModel):
    """Asks what is to become of a value outside its limits."""

    _name = "workshop.job.deviate"
    _description = "Deal with a Value outside its Limits"

    job_id = fields.Many2one("workshop.job", required=True, ondelete="cascade")
    told = fields.Text(
        "Outside the Limits", compute="_compute_outside", compute_sudo=True
    )
    outside_ids = fields.Many2many(
        "workshop.service.step", compute="_compute_outside", compute_sudo=True
    )
    step_id = fields.Many2one(
        "workshop.service.step",
        compute="_compute_step_id",
        store=True,
        readonly=False,
        domain="[('id', 'in', outside_ids)]",
    )
    may_settle = fields.Boolean(compute="_compute_may_settle")
    way = fields.Selection(
        [
            ("redo", "Redo the step and measure again"),
            ("job", "A further job mends it"),
            ("refuse", "The customer refuses the repair, in writing"),
        ],
        "What Happens",
        required=True,
        default="redo",
    )
    sibling_ids = fields.Many2many(
        "workshop.job", compute="_compute_sibling_ids", compute_sudo=True
    )
    offered_ids = fields.Many2many(
        "workshop.service", compute="_compute_sibling_ids", compute_sudo=True
    )
    mending_job_id = fields.Many2one(
        "workshop.job",
        "Job That Mends It",
        domain="[('id', 'in', sibling_ids)]",
        help="Of the same order. Empty: the service below is proposed for it.",
    )
    service_id = fields.Many2one(
        "workshop.service", "Service to Propose", domain="[('id', 'in', offered_ids)]"
    )
    channel = fields.Selection(
        [("signature", "Signed here"), ("message", "Written message")],
        "How He Refused",
        required=True,
        default="signature",
    )
    signer = fields.Char("Signed by")
    signature = fields.Binary()
    note = fields.Text("Why")

    @api.depends("job_id")
    def _compute_outside(self):
        for wizard in self:
            steps = [step.id for step, _value in wizard._deviations()]
            wizard.outside_ids = self.env["workshop.service.step"].browse(steps)
            wizard.told = wizard.job_id.deviation_text

    @api.depends("job_id")
    def _compute_step_id(self):
        for wizard in self:
            wizard.step_id = wizard.outside_ids[:1]

    @api.depends("job_id")
    @api.depends_context("uid")
    def _compute_may_settle(self):
        for wizard in self:
            wizard.may_settle = wizard.job_id.has_access("write")

    @api.depends("job_id")
    def _compute_sibling_ids(self):
        for wizard in self:
            order = wizard.job_id.order_id
            wizard.sibling_ids = order.job_ids.filtered(
                lambda job, own=wizard.job_id: job != own and job.state != "withdrawn"
            )
            wizard.offered_ids = order.release_id._get_standard_services()

    def action_settle(self):
        """Put down what was decided; the node goes on from there."""
        self.ensure_one()
        job = self.job_id
        if self.way == "redo":
            job.redo_value(self.step_id.id, self.note)
        elif self.way == "job":
            job.settle_value(
                self.step_id.id, job_id=self._mending_job().id, note=self.note
            )
        else:
            job.settle_value(
                self.step_id.id,
                channel=self.channel,
                signer=self.signer,
                signature=self.signature,
                note=self.note,
            )
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _mending_job(self):
        if self.mending_job_id:
            return self.mending_job_id
        if not self.service_id:
            raise UserError(
                self.env._("Choose the job that mends it, or the service to propose.")
            )
        return self.job_id.order_id.add_services(self.service_id.ids)

    def _deviations(self):
        return self.job_id._deviations() if self.job_id else []
