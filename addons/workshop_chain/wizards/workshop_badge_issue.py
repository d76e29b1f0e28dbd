from odoo import fields, models
from odoo.exceptions import UserError


class WorkshopBadgeIssue(models.TransientModel):
    """Badges are issued while their sheet is rendered.

    So a token is nowhere but on the paper: not in the database, not in an address that
    a server logs. What was lost with the sheet is issued anew.
    """

    _name = "workshop.badge.issue"
    _description = "Issue Workshop Badges"

    user_ids = fields.Many2many(
        "res.users",
        string="Persons",
        required=True,
        default=lambda self: self._default_user_ids(),
        domain=[("share", "=", False)],
    )
    valid_to = fields.Datetime(help="Empty: valid until revoked.")
    printed = fields.Boolean(readonly=True)

    def _default_user_ids(self):
        if self.env.context.get("active_model") == "res.users":
            return self.env.context.get("active_ids")
        return False

    def action_print(self):
        """Ask for the sheet; rendering it revokes the former badges."""
        self.ensure_one()
        for user in self.user_ids:
            user._check_may_issue_badge()
        report = self.env.ref("workshop_chain.workshop_badge_issue_action_report")
        # They are printed once: what the form holds is of no use after that.
        return {**report.report_action(self), "close_on_report_download": True}

    def _issue(self):
        """Issue the badges of this sheet, once.

        :return: a list of (person, address for the QR code).
        """
        self.ensure_one()
        if self.create_uid != self.env.user:
            raise UserError(self.env._("Somebody else asked for these badges."))
        # Held by the same button pressed twice. Odoo's way to a report answers every
        # error itself, so that nothing would begin anew.
        if not self.try_lock_for_update() or self.printed:
            raise UserError(
                self.env._(
                    "These badges were printed already, and their codes are kept"
                    " nowhere: issue new ones."
                )
            )
        self.printed = True
        return [
            (user, user._badge_url(user.issue_badge(valid_to=self.valid_to or None)))
            for user in self.user_ids
        ]
