from odoo import fields, models


class WorkshopGate(models.Model):
    """What a node demands beside role and evidence.

    An addon that opens a gate ships its row and registers its code with the contract:
    by ``gates.gate`` what a bay judges by itself, by ``gates.office_gate`` what Odoo
    puts among a job's facts.
    """

    _name = "workshop.gate"
    _description = "Workshop Gate"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [("bay", "At the bay"), ("office", "In the office")],
        "Judged",
        required=True,
        default="bay",
    )

    _code_uniq = models.Constraint("UNIQUE (code)", "This code exists already.")
    _code_format = models.Constraint(
        "CHECK (code ~ '^[a-z][a-z0-9_]{0,31}$')",
        "A code is a small letter and up to 31 small letters, digits, underscores.",
    )
