from odoo import fields, models


class WorkshopProcessNodeCheck(models.Model):
    """One thing that a node asks for: to be ticked, or a value within limits."""

    _name = "workshop.process.node.check"
    _description = "Workshop Process Node Check"
    _inherit = ["workshop.release.guard"]
    _order = "node_id, sequence, id"

    node_id = fields.Many2one(
        "workshop.process.node", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    code = fields.Char(required=True)
    name = fields.Char("Check", required=True, translate=True)
    kind = fields.Selection(
        [("tick", "Tick"), ("value", "Value")],
        "Answer",
        required=True,
        default="tick",
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

    _code_uniq = models.Constraint(
        "UNIQUE (node_id, code)", "Two checks of one node cannot share a code."
    )
    _code_format = models.Constraint(
        "CHECK (code ~ '^[a-z][a-z0-9_]{0,31}$')",
        "A code is a small letter and up to 31 small letters, digits, underscores.",
    )
    _limits_order = models.Constraint(
        "CHECK (limit_kind <> 'between' OR limit_min <= limit_max)",
        "The minimum lies above the maximum.",
    )

    def _as_contract(self):
        """As ``process.CheckItem`` or ``process.Measurement``."""
        self.ensure_one()
        item = {
            "code": self.code,
            "name": self.env["workshop.process.node"]._names_of(self),
        }
        if self.kind == "tick":
            return item
        low = self.limit_kind in ("at_least", "between")
        high = self.limit_kind in ("at_most", "between")
        return {
            **item,
            "unit": self.unit or "",
            "limit_min": self.limit_min if low else None,
            "limit_max": self.limit_max if high else None,
        }

    def _get_releases(self):
        return self.node_id.process_id.version_ids.release_id
