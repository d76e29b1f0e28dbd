from odoo import api, models

from ..loaders import staff


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model
    def _workshop_demo_logins(self, password):
        """Let the demo persons, and nobody else, log in with this password.

        :return: a list of ``{"login", "name", "role", "store"}``, headquarters first,
            then store by store; ``store`` is the region's name for region managers and
            empty at headquarters.
        """
        persons = staff.persons(self.env)
        # One hash for all of them: hashing is slow on purpose, and two dozen times it
        # would take longer than loading the chain.
        hashed = self._crypt_context().hash(password)
        for _row, user in persons:
            user._set_encrypted_password(user.id, hashed)
        self.env.registry.clear_cache()  # as writing a password does: sessions end
        positions = staff.positions(self.env)
        return [
            {
                "login": user.login,
                "name": user.name,
                "role": positions[row["job"]].name,
                "store": user.company_id.name
                if row["store"]
                else user.workshop_region_ids[:1].name or "",
            }
            for row, user in persons
        ]
