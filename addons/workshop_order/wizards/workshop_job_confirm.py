from odoo import api, fields, models
from odoo.fields import Command

from workbay_contract.checks import Step


def decimal(value):
    """A value with a point, however the hand wrote it; None where there is none."""
    return (value or "").strip().replace(",", ".") or None


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
    item_ids = fields.One2many(
        "workshop.job.confirm.item",
        "confirm_id",
        "Checklist",
        compute="_compute_step_ids",
        store=True,
        readonly=False,
    )
    is_signed = fields.Boolean(compute="_compute_demands", compute_sudo=True)
    signed_by = fields.Selection(
        [("person", "Whoever confirms"), ("customer", "Customer")],
        "Signed by",
        compute="_compute_demands",
        compute_sudo=True,
    )
    signature = fields.Binary()
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
            wizard.is_signed = bool(node) and node.signature != "none"
            wizard.signed_by = wizard.is_signed and node.signature

    @api.depends("job_id", "node")
    def _compute_step_ids(self):
        for wizard in self:
            wizard.step_ids = [Command.clear()] + [
                Command.create(vals) for vals in wizard._prepare_step_vals()
            ]
            wizard.item_ids = [Command.clear()] + [
                Command.create(vals) for vals in wizard._prepare_item_vals()
            ]

    def action_confirm(self):
        self.ensure_one()
        done = self.step_ids.filtered("is_done")
        self.job_id.confirm_node(
            self.node,
            self.reason_id.code or None,
            [{"step": line.step_id.id, "value": decimal(line.value)} for line in done],
            [photo.datas for photo in self.photo_ids],
            [
                {"code": line.code, "value": decimal(line.value)}
                for line in self.item_ids.filtered(lambda each: each._is_given())
            ],
            self.signature if self.is_signed else None,
        )
        return {"type": "ir.actions.act_window_close"}

    def _node(self):
        return self.job_id._process().node(self.node) if self.job_id else None

    def _prepare_item_vals(self):
        """The node's own checklist and measurements, in the user's language."""
        node = self._node()
        lang = self.env.lang or "en_US"
        rows = []
        for item in (*node.checklist, *node.measurements) if node else ():
            is_measured = item in node.measurements
            limit = (
                Step(limit_min=item.limit_min, limit_max=item.limit_max)
                if is_measured
                else Step()
            )
            rows.append(
                {
                    "code": item.code,
                    "name": item.name.get(lang) or item.name["en_US"],
                    "is_measured": is_measured,
                    "limit": f"{limit.limits()} {item.unit}".strip()
                    if limit.is_measured
                    else "",
                }
            )
        return rows

    def _prepare_step_vals(self):
        """The procedure as far as the node asks for it, with what is done already."""
        node = self._node()
        # Whoever stops work may say how far the procedure is, demanded or not.
        if node is None or (node.steps == "none" and node.clock != "stop"):
            return []
        # sudo: whoever confirms the node reads its procedure and how far it is.
        job = self.job_id.sudo()
        known = {check["step"]: check for check in job.floor_id.checks or ()}
        rows = []
        for step in job.version_id.step_ids:
            if node.steps == "checks" and not step.is_check:
                continue
            before = known.get(step.id, {}) if node.steps != "checks" else {}
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
    step_id = fields.Many2one("workshop.service.step", "Procedure Step", required=True)
    name = fields.Char(related="step_id.name")
    instruction = fields.Text(related="step_id.instruction")
    limit = fields.Char(related="step_id.limits")
    is_done = fields.Boolean("Done")
    value = fields.Char("Measured")


class WorkshopJobConfirmItem(models.TransientModel):
    _name = "workshop.job.confirm.item"
    _description = "Checklist Line to Confirm"

    confirm_id = fields.Many2one(
        "workshop.job.confirm", required=True, index=True, ondelete="cascade"
    )
    code = fields.Char(required=True)
    name = fields.Char("What")
    limit = fields.Char()
    is_measured = fields.Boolean()
    is_done = fields.Boolean("Done")
    value = fields.Char("Measured")

    def _is_given(self):
        return bool(self.value) if self.is_measured else self.is_done
