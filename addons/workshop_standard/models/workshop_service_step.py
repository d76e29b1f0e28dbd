from odoo import api, fields, models


class WorkshopServiceStep(models.Model):
    _name = "workshop.service.step"
    _description = "Workshop Service Step"
    _inherit = ["workshop.release.guard"]
    _order = "version_id, sequence, id"

    version_id = fields.Many2one(
        "workshop.service.version", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    name = fields.Char("Step", required=True, translate=True)
    instruction = fields.Text(translate=True)
    image = fields.Image("Picture", max_width=1280, max_height=1280)
    tool = fields.Char(translate=True)
    material = fields.Char(
        translate=True, help="What is used up, like a coating and how much of it."
    )
    technique = fields.Char(
        translate=True, help="How it is done, like crosswise with a wool pad."
    )
    is_check = fields.Boolean(
        "Check Required", help="Something is looked at or measured."
    )
    check_kind = fields.Selection(
        [("none", "None"), ("tick", "Tick"), ("value", "Value")],
        "Check",
        compute="_compute_check_kind",
        help="What whoever does the step has to answer.",
    )
    limit_kind = fields.Selection(
        [
            ("none", "No limits"),
            ("at_least", "At least"),
            ("at_most", "At most"),
            ("between", "Between"),
        ],
        "Limits",
        required=True,
        default="none",
    )
    limit_min = fields.Float("Minimum", digits=(12, 3))
    limit_max = fields.Float("Maximum", digits=(12, 3))
    unit = fields.Char(help="What is measured in, like mm or N·m.")
    limits = fields.Char(
        "Within",
        compute="_compute_limits",
        help="What a measured value has to keep, in few signs.",
    )

    _limits_order = models.Constraint(
        "CHECK (limit_kind <> 'between' OR limit_min <= limit_max)",
        "The minimum lies above the maximum.",
    )

    @api.depends("is_check", "limit_kind", "unit")
    def _compute_check_kind(self):
        for step in self:
            if step.limit_kind != "none" or (step.is_check and step.unit):
                step.check_kind = "value"
            else:
                step.check_kind = "tick" if step.is_check else "none"

    @api.depends("limit_kind", "limit_min", "limit_max", "unit")
    def _compute_limits(self):
        for step in self:
            least, most = f"{step.limit_min:g}", f"{step.limit_max:g}"
            shown = {
                "at_least": f"≥ {least}",
                "at_most": f"≤ {most}",
                "between": f"{least} – {most}",
            }.get(step.limit_kind)
            step.limits = f"{shown} {step.unit or ''}".strip() if shown else ""

    def _is_within(self, value):
        """Whether a measured value keeps the limits."""
        self.ensure_one()
        if self.limit_kind in ("at_least", "between") and value < self.limit_min:
            return False
        return not (
            self.limit_kind in ("at_most", "between") and value > self.limit_max
        )

    def _get_releases(self):
        return self.version_id.release_id
