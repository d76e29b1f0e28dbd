from odoo import models

BOARD_FIELDS = {"complaint", "sheet_hash", "state"}


class WorkshopOrder(models.Model):
    _inherit = "workshop.order"

    def write(self, vals):
        result = super().write(vals)
        self._mark_boards(vals)
        return result

    def _put(self, vals):
        result = super()._put(vals)
        self._mark_boards(vals)
        return result

    def _mark_boards(self, vals):
        if BOARD_FIELDS & set(vals):
            self.env["workshop.board.change"]._mark(self.company_id.ids)
