from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..services import GROUPS

BOARD_FIELDS = {"name", "lang", "active", "company_ids", "group_ids"}


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model
    def _workshop_service_key(self, kind):
        """A new key for the service ``bridge`` or ``enrolment``; its former ones end.

        For whoever has Odoo's shell; no remote call reaches it.

        :return: the key, told this once.
        """
        if kind not in GROUPS:
            raise UserError(self.env._("There is no service %(kind)s.", kind=kind))
        user = self.env.ref(f"workshop_edge.res_users_{kind}")
        days = self.env.ref(GROUPS[kind]).api_key_duration
        # sudo: whoever has the shell may hand out keys.
        keys = self.env["res.users.apikeys"].sudo()
        keys.search([("user_id", "=", user.id)]).unlink()
        return keys.with_user(user)._generate(
            None, f"workbay {kind}", fields.Datetime.now() + timedelta(days=days - 1)
        )

    def write(self, vals):
        result = super().write(vals)
        if BOARD_FIELDS & set(vals):
            self.env["workshop.board.change"]._mark_users(self)
        return result
