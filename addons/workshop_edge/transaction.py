from odoo import modules
from odoo.http import request


def begin_anew(cr) -> None:
    """End the snapshot that authentication took, and see what others commit from now.

    Calls of the services lock the rows they change and read them afterwards. Under
    Odoo's isolation they would read them as they were before the lock and fail on
    whatever changed meanwhile; under this one they never fail for that reason, so that
    Odoo's own retry with its sleeps never runs. Call it before writing.
    """
    if not request or modules.module.current_test:
        return  # whoever calls from Odoo's shell or a test has a transaction to keep
    cr.rollback()
    cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
