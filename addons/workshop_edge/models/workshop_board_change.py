from odoo import api, fields, models


class WorkshopBoardChange(models.Model):
    """That something on a store's boards has changed since they were made.

    Rows are only added by whoever changes something and only taken away by whoever
    makes the boards, so the two never wait for each other.
    """

    _name = "workshop.board.change"
    _description = "Change to a Store's Boards"
    _log_access = False
    _rec_name = "company_id"

    company_id = fields.Many2one(
        "res.company", required=True, index=True, ondelete="cascade"
    )
    is_floor = fields.Boolean(
        "From the Floor",
        help="What bays recorded themselves can wait longer than the office's word.",
    )

    @api.model
    def _mark(self, company_ids, is_floor=False):
        """The boards of these stores are to be made anew.

        :param is_floor: because of what their bays recorded, which those know already.
        """
        if not company_ids:
            return
        self.env.cr.execute(
            """
            INSERT INTO workshop_board_change (company_id, is_floor)
            SELECT DISTINCT d.company_id, %s
              FROM workshop_device d
             WHERE d.status = 'active' AND d.company_id = ANY(%s)
            """,
            [is_floor, list(company_ids)],
        )

    @api.model
    def _mark_users(self, users):
        """The boards of all stores in which these persons may work."""
        # sudo: what somebody may work in is no secret from who changes him.
        self._mark(users.sudo().company_ids.ids)

    @api.model
    def _take(self, company_id):
        """Forget the store's changes; what comes from now on is a new one.

        :return: whether there was any.
        """
        self.env.cr.execute(
            "DELETE FROM workshop_board_change WHERE company_id = %s", [company_id]
        )
        return bool(self.env.cr.rowcount)
