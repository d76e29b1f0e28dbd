from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessDenied, UserError

from ..services import GROUPS, kinds_of

KEY_GRACE = timedelta(hours=1)
"""So long a service's former key still holds after a new one was made."""
BOARD_FIELDS = {"name", "lang", "active", "company_ids", "group_ids"}


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model
    def _workshop_service_key(self, kind):
        """A new key for the service ``bridge`` or ``enrolment``.

        Its former ones end an hour later, so that the service never stands without one
        that holds. For whoever has Odoo's shell; no remote call reaches it.

        :return: the key, told this once.
        """
        if kind not in GROUPS:
            raise UserError(self.env._("There is no service %(kind)s.", kind=kind))
        user = self.env.ref(f"workshop_edge.res_users_{kind}")
        days = self.env.ref(GROUPS[kind]).api_key_duration
        # sudo: whoever has the shell may hand out keys.
        keys = self.env["res.users.apikeys"].sudo()
        former = keys.search([("user_id", "=", user.id)])
        end = fields.Datetime.now() + KEY_GRACE
        former.filtered(lambda key: key.expiration_date > end).expiration_date = end
        former.filtered(
            lambda key: key.expiration_date < fields.Datetime.now()
        ).unlink()
        return keys.with_user(user)._generate(
            None, f"workbay {kind}", fields.Datetime.now() + timedelta(days=days - 1)
        )

    def _check_credentials(self, credential, env):
        # A key is a password elsewhere in Odoo; a service's key is for its methods.
        if kinds_of(self.env.user):
            raise AccessDenied
        return super()._check_credentials(credential, env)

    def write(self, vals):
        result = super().write(vals)
        if BOARD_FIELDS & set(vals):
            self.env["workshop.board.change"]._mark_users(self)
        return result
