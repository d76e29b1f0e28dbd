from datetime import timedelta

from odoo import api, fields, models

KEPT = timedelta(days=90)


class WorkshopBoardMark(models.Model):
    """Up to which event a version of a device's board told the bay what happened.

    What a bay did by a board can so be judged by that board, long after it.
    """

    _name = "workshop.board.mark"
    _description = "Board Version and its Last Event"
    _log_access = False
    _rec_name = "version"

    device_id = fields.Many2one(
        "workshop.device", required=True, readonly=True, ondelete="cascade"
    )
    version = fields.Integer(required=True, readonly=True)
    event_mark = fields.Integer("Last Event", required=True, readonly=True)
    made_at = fields.Datetime("Made", required=True, readonly=True, index=True)

    _version_uniq = models.Constraint(
        "UNIQUE (device_id, version)", "The board had this version already."
    )

    @api.autovacuum
    def _gc_old(self):
        # No bay works by a board of last season; what comes that late is judged anew.
        self.env.cr.execute(
            "DELETE FROM workshop_board_mark WHERE made_at < %s",
            [fields.Datetime.now() - KEPT],
        )
