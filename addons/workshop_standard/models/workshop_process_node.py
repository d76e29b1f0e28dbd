from odoo import api, fields, models
from odoo.exceptions import ValidationError


class WorkshopProcessNode(models.Model):
    """One thing that a person confirms at the bay or in the browser."""

    _name = "workshop.process.node"
    _description = "Workshop Process Node"
    _inherit = ["workshop.release.guard"]
    _order = "process_id, sequence, id"

    process_id = fields.Many2one(
        "workshop.process", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    code = fields.Char(required=True)
    name = fields.Char(
        required=True, translate=True, help="What the button at the bay says."
    )
    is_initial = fields.Boolean("Begins a Job")
    next_ids = fields.Many2many(
        "workshop.process.node",
        "workshop_process_node_next_rel",
        "node_id",
        "next_id",
        "Followed by",
        domain="[('process_id', '=', process_id)]",
        help="Empty: the process ends here.",
    )
    role_ids = fields.Many2many(
        "workshop.role", string="Roles", help="Any of them may confirm it."
    )
    photo_count = fields.Integer("Photos", help="How many photos it takes, at least.")
    check_ids = fields.One2many(
        "workshop.process.node.check",
        "node_id",
        "Checklist",
        copy=True,
        help="All of it has to be ticked or measured.",
    )
    signature = fields.Selection(
        [("none", "None"), ("person", "Whoever confirms"), ("customer", "Customer")],
        "Signed by",
        required=True,
        default="none",
    )
    reason_ids = fields.Many2many(
        "workshop.reason",
        string="Reasons",
        help="One of them has to be given. Empty: none is asked for.",
    )
    steps = fields.Selection(
        [
            ("none", "None"),
            ("all", "All of the Procedure"),
            ("checks", "Its Checks, Anew"),
        ],
        "Steps Demanded",
        required=True,
        default="none",
        help="Which steps of the service's procedure have to be checked off first.",
    )
    gate_ids = fields.Many2many("workshop.gate", string="Gates")
    clock = fields.Selection(
        [("start", "Starts"), ("stop", "Stops"), ("keep", "Unchanged")],
        required=True,
        default="keep",
        help="What it does to the person's clock on the job.",
    )
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("in_progress", "In Progress"),
            ("paused", "Paused"),
            ("done", "Done"),
            ("qc_passed", "QC Passed"),
        ],
        "Job Afterwards",
        required=True,
        copy=True,  # Odoo leaves a field of this name out of copies
        default="in_progress",
    )

    _code_uniq = models.Constraint(
        "UNIQUE (process_id, code)", "Two nodes of one process cannot share a code."
    )
    _code_format = models.Constraint(
        "CHECK (code ~ '^[a-z][a-z0-9_]{0,31}$')",
        "A code is a small letter and up to 31 small letters, digits, underscores.",
    )
    _photo_count_range = models.Constraint(
        "CHECK (photo_count BETWEEN 0 AND 20)", "A node takes 0 to 20 photos."
    )

    @api.constrains("next_ids", "process_id")
    def _check_next_ids(self):
        for node in self:
            if strangers := node.next_ids.filtered(
                lambda following, own=node.process_id: following.process_id != own
            ):
                raise ValidationError(
                    self.env._(
                        "%(node)s cannot be followed by %(others)s of another process.",
                        node=node.name,
                        others=", ".join(strangers.mapped("name")),
                    )
                )

    def _as_contract(self):
        self.ensure_one()
        return {
            "code": self.code,
            "name": self._names_of(self),
            "initial": self.is_initial,
            "roles": self.role_ids.mapped("code"),
            "next": self.next_ids.sorted().mapped("code"),
            "photos": self.photo_count,
            "checklist": self._checks_as_contract("tick"),
            "measurements": self._checks_as_contract("value"),
            "signature": self.signature,
            "steps": self.steps,
            "reasons": self.reason_ids.mapped("code"),
            "gates": self.gate_ids.mapped("code"),
            "clock": self.clock,
            "state": self.state,
        }

    def _checks_as_contract(self, kind):
        checks = self.check_ids.sorted().filtered(lambda check: check.kind == kind)
        return [check._as_contract() for check in checks]

    @api.model
    def _names_of(self, record):
        """By language: a bay words things for the person in front of it."""
        languages = {code for code, _name in self.env["res.lang"].get_installed()}
        return {
            code: record.with_context(lang=code).name or ""
            for code in sorted(languages | {"en_US"})
        }

    def _get_releases(self):
        return self.process_id.version_ids.release_id
