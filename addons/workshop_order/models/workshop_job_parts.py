from odoo import models

OPEN = ("draft", "waiting", "done", "cancel")


class WorkshopJob(models.Model):
    """The parts of jobs: each job has its own pickings."""

    _inherit = "workshop.job"

    def _issue_parts(self):
        """What the jobs used leaves the stock."""
        moves = self.line_ids.move_ids.filtered(
            lambda move: move.state not in OPEN
            # A part with a number is issued by the parts keeper, who reads it.
            and move.product_id.tracking == "none"
        )
        untouched = moves.filtered(lambda move: not move.picked)
        for move in untouched:
            # What is reserved in full stands there already, and costs no write.
            if move.product_uom.compare(move.quantity, move.product_uom_qty):
                move.quantity = move.product_uom_qty
        untouched.picked = True
        moves._action_done()
