from collections import defaultdict

from odoo import api, models
from odoo.exceptions import UserError


class WorkshopShelfMixin(models.AbstractModel):
    """Nothing leaves a shelf for a job that does not lie on it.

    The floor is never kept waiting by the books: who finished a job has used its parts.
    What the stock knows of is issued; the rest stays open, noted as used.
    """

    _name = "workshop.shelf.mixin"
    _description = "Workshop Parts and the Shelf"

    def _check_workshop_shelf(self):
        """Nothing is issued for a job that does not lie on its shelf."""
        # sudo: the guard holds for callers who may not see the bill, too.
        issues = self.sudo().filtered(
            lambda move: move.state not in ("done", "cancel")
            and move._is_workshop_issue()
        )
        for line, missing in self._beyond_shelf(
            issues.move_line_ids.filtered("picked")
        ):
            raise UserError(
                self.env._(
                    "%(missing)g × %(part)s for %(job)s are not in the stock: receive"
                    " or count them first.",
                    missing=missing,
                    part=line.product_id.display_name,
                    job=line.move_id.workshop_job_id.display_name,
                )
            )

    @api.model
    def _beyond_shelf(self, lines):
        """What move lines would take from shelves on which it does not lie.

        :return: pairs of a move line and how much of it is missing, in its own unit;
            the first lines get what there is.
        """
        lines = lines.filtered(
            lambda line: line.product_id.is_storable
            and not line.location_id.should_bypass_reservation()
        )
        if not lines:
            return []
        left = defaultdict(float)
        names = ("product_id", "location_id", "package_id", "owner_id")
        for *key, quantity in lines.env["stock.quant"]._read_group(
            [
                ("product_id", "in", lines.product_id.ids),
                ("location_id", "in", lines.location_id.ids),
            ],
            [*names, "lot_id"],
            ["quantity:sum"],
        ):
            left[tuple(key)] = quantity
        beyond = []
        for line in lines.sorted("id"):
            wanted = line.quantity_product_uom
            for lot in dict.fromkeys((line.lot_id, line.lot_id.browse())):
                # Odoo gives a number to what lies there without one.
                key = (*(line[name] for name in names), lot)
                taken = min(wanted, max(left[key], 0))
                left[key] -= taken
                wanted -= taken
            unit = line.product_id.uom_id
            if unit.compare(wanted, 0) > 0:
                missing = unit._compute_quantity(
                    wanted, line.product_uom_id, rounding_method="UP"
                )
                beyond.append((line, missing))
        return beyond

    def _issue_used(self):
        """What finished jobs used leaves the shelf; what does not lie there is noted.

        What the parts keeper has picked, and has not handed out yet, is all that was
        used of its move.
        """
        for move in self.filtered("picked"):
            if 0 < move.quantity < move.product_uom_qty and not move.is_workshop_used:
                move.product_uom_qty = move.quantity
        # What is reserved in full stands there already, and costs nothing.
        self.filtered(
            lambda move: not move.picked and move.state != "assigned"
        )._action_assign()
        left = self._issue_from_shelf()
        left.filtered(lambda move: not move.is_workshop_used).is_workshop_used = True

    def _issue_from_shelf(self):
        """Issue as much of these moves as lies on the shelf.

        :return: the moves of what is left.
        """
        for line, missing in self._beyond_shelf(self.move_line_ids):
            line.quantity -= missing
        here = self.filtered("quantity")
        (self - here).picked = False
        here.picked = True
        sold = self.sale_line_id
        before = sold.move_ids
        here._action_done()
        return (self - here) | (sold.move_ids - before)
