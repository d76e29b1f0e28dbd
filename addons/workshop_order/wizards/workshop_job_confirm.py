from odoo import api, fields, models
from odoo.fields import Command


class WorkshopJobConfirm(models.TransientModel):
    """Asks for what a node demands: reason, photos, steps with measured values."""

    _name = "workshop.job.confirm"
    _description = "Confirm a Node"

    job_id = fields.Many2one("workshop.job", required=True, ondelete="cascade")
    node = fields.Char("Node Code", required=True)
    allowed_reason_ids = fields.Many2many(
        "workshop.reason", compute="_compute_demands", compute_sudo=True
    )
    reason_id = fields.Many2one(
        "workshop.reason", domain="[('id', 'in', allowed_reason_ids)]"
    )
    photo_count = fields.Integer(
        "Photos Demanded", compute="_compute_demands", compute_sudo=True
    )
    photo_ids = fields.Many2many(
        "ir.attachment", "workshop_job_confirm_photo_rel", string="Photos"
    )
    step_ids = fields.One2many(
        "workshop.job.confirm.step",
        "confirm_id",
        "Steps",
        compute="_compute_step_ids",
        store=True,
        readonly=False,
    )

    @api.depends("job_id", "node")
    def _compute_demands(self):
        Reason = self.env["workshop.reason"]
        for wizard in self:
            node = wizard._node()
            codes = list(node.reasons) if node else []
            wizard.allowed_reason_ids = Reason.search([("code", "in", codes)])
            wizard.photo_count = node.photos if node else 0

    @api.depends("job_id", "node")
    def _compute_step_ids(self):
        for wizard in self:
            wizard.step_ids = [Command.clear()] + [
                Command.create(vals) for vals in wizard._prepare_step_vals()
            ]

    def action_confirm(self):
        self.ensure_one()
        done = self.step_ids.filtered("is_done")
        self.job_id.confirm_node(
            self.node,
            self.reason_id.code or None,
            [{"step": line.step_id.id, "value": line._decimal()} for line in done],
            [photo.datas for photo in self.photo_ids],
        )
        return {"type": "ir.actions.act_window_close"}

    def _node(self):
        return self.job_id._process().node(self.node) if self.job_id else None

    def _prepare_step_vals(self):
        """The procedure as far as the node asks for it, with what is done already."""
        node = self._node()
        if node is None or node.steps == "none":
            return []
        # sudo: whoever confirms the node reads its procedure and how far it is.
        job = self.job_id.sudo()
        known = {check["step"]: check for check in job.floor_id.checks or ()}
        rows = []
        for step in job.version_id.step_ids:
            if node.steps == "checks" and not step.is_check:
                continue
            before = known.get(step.id, {}) if node.steps == "all" else {}
            rows.append(
                {
                    "step_id": step.id,
                    "is_done": bool(before),
                    "value": before.get("value") or False,
                }
            )
        return rows


class WorkshopJobConfirmStep(models.TransientModel):
    _name = "workshop.job.confirm.step"
    _description = "Step to Check off"

    confirm_id = fields.Many2one(
        "workshop.job.confirm", required=True, index=True, ondelete="cascade"
    )
    step_id = fields.Many2one("workshop.service.step", required=True)
    name = fields.Char(related="step_id.name")
    instruction = fields.Text(related="step_id.instruction")
    limit = fields.Char(compute="_compute_limit", compute_sudo=True)
    is_done = fields.Boolean("Done")
    value = fields.Char("Measured")

    @api.depends("step_id")
    def _compute_limit(self):
        for line in self:
            line.limit = self.env["workshop.job"]._step_limit(line.step_id)

    def _decimal(self):
        """The value with a point, however the hand wrote it."""
        value = (self.value or "").strip().replace(",", ".")
        return value or None
