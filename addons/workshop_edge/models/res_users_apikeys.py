import hmac
import os

from odoo import models
from odoo.tools.lru import LRU

from odoo.addons.base.models.res_users import INDEX_SIZE

from ..services import kinds_of

PROCESS_SECRET = os.urandom(32)
"""What a key is remembered by is of no use where this is not known."""
PROVED = LRU(64)
"""By database and mark of a key, what is stored of it."""


class ResUsersApikeys(models.Model):
    """A service shows its key with every call, and to prove one takes 2 ms by design.

    That design guards passwords, which can be guessed; a key is 160 random bits. So
    a service's key is proved once in each process. Whether it still exists as it was
    proved, has not ended and belongs to an active user is asked with every call.
    """

    _inherit = "res.users.apikeys"

    def _check_credentials(self, *, scope, key):
        mark = hmac.digest(PROCESS_SECRET, key.encode(), "sha256")
        if derived := PROVED.get((self.env.cr.dbname, mark)):
            found = self._workshop_valid(scope, key, derived)
            if found:
                return found[0][0]
        user_id = super()._check_credentials(scope=scope, key=key)
        if user_id and kinds_of(self.env(user=user_id).user):
            found = self._workshop_valid(scope, key)
            if len(found) == 1:
                PROVED[self.env.cr.dbname, mark] = found[0][1]
        return user_id

    def _workshop_valid(self, scope, key, derived=None):
        """Valid keys that begin like this one, as rows of user and what is stored.

        On the conditions of Odoo's own method.
        """
        self.env.cr.execute(
            """
            SELECT k.user_id, k.key
              FROM res_users_apikeys k
              JOIN res_users u ON u.id = k.user_id
             WHERE u.active
               AND k.index = %s
               AND k.key = coalesce(%s, k.key)
               AND (k.scope IS NULL OR k.scope = %s)
               AND (k.expiration_date IS NULL
                    OR k.expiration_date >= now() AT TIME ZONE 'UTC')
            """,
            [key[:INDEX_SIZE], derived, scope],
        )
        return self.env.cr.fetchall()
