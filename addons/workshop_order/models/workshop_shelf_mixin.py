from collections import defaultdict

from odoo import models
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
        # sudo: as in write
        issues = self.sudo().filtered(
            lambda move: move.picked and move._is_workshop_issue()
        )
        for line, missing in issues._beyond_shelf():
            raise UserError(
                self.env._(
                    "%(missing)g × %(part)s for %(job)s are not in the stock: receive"
                    " or count them first.",
                    missing=missing,
                    part=line.product_id.display_name,
                    job=line.move_id.workshop_job_id.display_name,
                )
            )

    def _beyond_shelf(self):
        """What these moves would take from shelves on which it does not lie.

        :return: pairs of a move line and how much of it is missing, in its own unit;
            the first lines get what there is.
        """
        lines = self.move_line_ids.filtered(
            lambda line: line.product_id.is_storable
            and not line.location_id.should_bypass_reservation()
        )
        left = defaultdict(float)
        names = ("product_id", "location_id", "package_id", "owner_id")
        for *key, quantity in self.env["stock.quant"]._read_group(
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

        What the parts keeper has picked counts as all that was used of its move.
        """
        picked = self.filtered("picked")
        rest = picked._issue_from_shelf()
        rest.filtered(lambda move: not move.is_workshop_used)._action_cancel()
        others = self - picked
        # What is reserved in full stands there already, and costs nothing.
        others.filtered(lambda move: move.state != "assigned")._action_assign()
        left = others._issue_from_shelf()
        left.filtered(lambda move: not move.is_workshop_used).is_workshop_used = True

    def _issue_from_shelf(self):
        """Issue as much of these moves as lies on the shelf.

        :return: the moves of what is left.
        """
        for line, missing in self._beyond_shelf():
            line.quantity -= missing
        here = self.filtered("quantity")
        (self - here).picked = False
        here.picked = True
        sold = self.sale_line_id
        before = sold.move_ids
        here._action_done()
        return (self - here) | (sold.move_ids - before)
