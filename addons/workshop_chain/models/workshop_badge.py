import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class WorkshopBadge(models.Model):
    _name = "workshop.badge"
    _description = "Workshop Badge"
    _order = "valid_from desc, id desc"
    _rec_name = "user_id"

    user_id = fields.Many2one(
        "res.users", "Person", required=True, index=True, ondelete="restrict"
    )
    # The hash names a person in messages; who sees it could claim to be him.
    token_hash = fields.Char(
        required=True, readonly=True, copy=False, groups="base.group_system"
    )
    valid_from = fields.Datetime(required=True, default=fields.Datetime.now)
    valid_to = fields.Datetime(
        help="From this moment on the badge is refused. Empty: until it is revoked."
    )
    revoked = fields.Boolean(readonly=True, copy=False)
    revoked_at = fields.Datetime(readonly=True, copy=False)

    _token_hash_uniq = models.Constraint(
        "UNIQUE (token_hash)", "Another badge has this token."
    )
    _token_hash_sha256 = models.Constraint(
        "CHECK (token_hash ~ '^[0-9a-f]{64}$')", "A badge is known by a SHA-256."
    )
    _valid_order = models.Constraint(
        "CHECK (valid_to IS NULL OR valid_to > valid_from)",
        "A badge has to be valid for some time.",
    )

    def write(self, vals):
        if set(vals) - {"valid_to"}:
            raise UserError(
                self.env._(
                    "Of a badge only its end may be changed: revoke it and issue a new"
                    " one."
                )
            )
        if self.filtered("revoked"):
            raise UserError(self.env._("A revoked badge stays revoked."))
        self.user_id._check_badge_rank()
        return super().write(vals)

    def copy_data(self, default=None):
        raise UserError(self.env._("A badge cannot be copied: issue a new one."))

    def action_revoke(self):
        """Refuse these badges from now on, for ever."""
        self.check_access("write")
        self.user_id._check_badge_rank()
        # Past this class's own guard, which refuses everybody else this change.
        return super(
            WorkshopBadge, self.filtered(lambda badge: not badge.revoked)
        ).write({"revoked": True, "revoked_at": fields.Datetime.now()})

    @api.model
    def _token_digest(self, token):
        """What is stored of a badge's token, and stands for it in messages."""
        return hashlib.sha256(token.encode()).hexdigest()

    @api.model
    def _get_valid_domain(self, at):
        """Badges that are accepted at the instant ``at`` (UTC)."""
        return (
            Domain("valid_from", "<=", at)
            & (Domain("valid_to", "=", False) | Domain("valid_to", ">", at))
            & (Domain("revoked_at", "=", False) | Domain("revoked_at", ">", at))
        )
