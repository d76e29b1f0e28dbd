from odoo import api, fields, models
from odoo.exceptions import UserError

from ..changes import is_changed
from .workshop_job_gate_mixin import PARTS_ISSUED

PARTS_STATES = [
    ("used", "Used, not on the shelf"),
    ("missing", "Not here"),
    ("on_way", "On the way"),
    ("here", "Here"),
    ("issued", "Issued"),
]


class StockMove(models.Model):
    """Moves of a job's parts go by pickings of that job alone."""

    _name = "stock.move"
    _inherit = ["stock.move", "workshop.shelf.mixin"]

    workshop_job_id = fields.Many2one(related="sale_line_id.workshop_job_id")
    is_workshop_used = fields.Boolean(
        "Used, Not on the Shelf",
        readonly=True,
        copy=False,
        help="The job is finished, so the part is in the car, and the stock knew of"
        " none to issue. It is issued as soon as it is received or counted in; cancel"
        " the transfer if the part was not used.",
    )

    @api.depends_context("workshop_part")
    def _compute_display_name(self):
        """Where parts are spoken of, a move is called by what it moves."""
        result = super()._compute_display_name()
        if self.env.context.get("workshop_part"):
            for move in self:
                move.display_name = move.product_id.display_name
        return result

    @api.model_create_multi
    def create(self, vals_list):
        self._check_workshop_used(vals_list)
        moves = super().create(vals_list)
        for move in moves.sudo():  # sudo: as in write
            line = move.sale_line_id
            if line.workshop_job_id and line.product_id != move.product_id:
                raise UserError(
                    self.env._(
                        "%(part)s is not what %(job)s asks for: replace the part"
                        " there.",
                        part=move.product_id.display_name,
                        job=line.workshop_job_id.display_name,
                    )
                )
        moves._queue_workshop_gates()
        return moves

    def write(self, vals):
        self._check_workshop_used([vals])
        names = [name for name in ("product_id", "sale_line_id") if name in vals]
        # sudo: the guard holds for callers who may not see the bill, too.
        for move in self.sudo() if names else ():
            line = move.sale_line_id.browse(vals.get("sale_line_id"))
            if (move.workshop_job_id or line.sudo().workshop_job_id) and any(
                is_changed(move, name, vals[name]) for name in names
            ):
                raise UserError(
                    self.env._(
                        "Parts of a job follow the work order: replace a part on the"
                        " job, or propose a further job."
                    )
                )
        result = super().write(vals)
        if "product_uom_qty" in vals:
            self._queue_workshop_gates()
        return result

    def _action_done(self, cancel_backorder=False):
        self._check_workshop_quantity()
        self._check_workshop_returns()
        self._check_workshop_billed()
        self._check_workshop_shelf()
        # sudo: what is left of a part that was used stays so, whoever issues the rest.
        used = self.sudo().filtered("is_workshop_used").sale_line_id
        before = used.move_ids
        moves = super()._action_done(cancel_backorder=cancel_backorder)
        (used.move_ids - before).is_workshop_used = True
        (self | moves).exists()._queue_workshop_gates()
        return moves

    def _action_assign(self, force_qty=False):
        result = super()._action_assign(force_qty=force_qty)
        # What was used and has come in since is issued without anybody's press.
        self.filtered(
            lambda move: move.is_workshop_used and move.quantity
        )._queue_workshop_gates()
        return result

    def _action_cancel(self):
        result = super()._action_cancel()
        self._queue_workshop_gates()
        return result

    def _queue_workshop_gates(self):
        """Have what follows from these moves drawn for floor, bill and parts keeper."""
        # sudo: it follows from the stock, whoever moves it.
        moves = self.sudo()
        jobs = moves.workshop_job_id.filtered(
            lambda job: PARTS_ISSUED in job._gate_names()
        )
        for order in (
            jobs | moves.filtered("is_workshop_used").workshop_job_id
        ).order_id:
            self.env["workshop.consequence"]._queue(order, "floor")

    def _check_workshop_used(self, vals_list):
        """What was used is billed: only the floor says so."""
        if not self.env.su and any(vals.get("is_workshop_used") for vals in vals_list):
            raise UserError(
                self.env._("Which parts were used follows from the finished job.")
            )

    def _check_workshop_quantity(self):
        """Nobody issues more for a job than the customer agreed to.

        What a move demands may be raised by whoever may write it: the bill decides.
        """
        issues = self.sudo().filtered(  # sudo: as in write
            lambda move: move._is_workshop_issue() and move.picked
        )
        for line, moves in issues.grouped("sale_line_id").items():
            unit = line.product_uom_id
            done = line.move_ids.filtered(lambda move: move.state == "done")
            asked = line.product_uom_qty - sum(
                move._workshop_issued(unit) for move in done
            )
            given = sum(move._workshop_issued(unit) for move in moves)
            if unit.compare(given, asked) > 0:
                raise UserError(
                    self.env._(
                        "%(job)s asks for %(asked)g × %(part)s, not for %(given)g:"
                        " propose what is needed beyond it as a further job.",
                        job=line.workshop_job_id.display_name,
                        asked=max(0, asked),
                        given=given,
                        part=line.product_id.display_name,
                    )
                )

    def _workshop_issued(self, unit):
        """How much it brings to its job, or less than nothing if it takes back."""
        quantity = self.product_uom._compute_quantity(self.quantity, unit)
        return -quantity if self.origin_returned_move_id else quantity

    def _workshop_returns(self):
        """Those of these moves by which parts come back of a job now."""
        # sudo: as in write
        return self.sudo().filtered(
            lambda move: (
                move.workshop_job_id and move.origin_returned_move_id and move.picked
            )
        )

    def _check_workshop_returns(self):
        """Nobody takes back more of a job's parts than were issued."""
        returns = self._workshop_returns()
        for issued, moves in returns.grouped("origin_returned_move_id").items():
            earlier = (issued.returned_move_ids - moves).filtered(
                lambda move: move.state == "done"
            )
            back = sum((earlier | moves).mapped("quantity"))
            if issued.product_uom.compare(back, issued.quantity) > 0:
                raise UserError(
                    self.env._(
                        "%(issued)g × %(part)s were issued for %(job)s: no more than"
                        " that comes back.",
                        issued=issued.quantity,
                        part=issued.product_id.display_name,
                        job=issued.workshop_job_id.display_name,
                    )
                )

    def _check_workshop_billed(self):
        """Nothing comes back of a closed order that its bill still asks for."""
        returns = self._workshop_returns().filtered(
            lambda move: move.workshop_job_id.order_id.state == "closed"
        )
        for line, moves in returns.grouped("sale_line_id").items():
            back = sum(
                move.product_uom._compute_quantity(move.quantity, line.product_uom_id)
                for move in moves
            )
            left = line.qty_delivered - back
            if line.product_uom_id.compare(left, line.qty_invoiced_posted) < 0:
                raise UserError(
                    self.env._(
                        "%(order)s is closed and %(part)s was billed: have the cashier"
                        " credit it first, then take it back.",
                        order=line.workshop_job_id.order_id.name,
                        part=line.product_id.display_name,
                    )
                )

    def _is_workshop_issue(self):
        """Whether the move brings a part from the stock to a job."""
        return bool(self.workshop_job_id) and not self.origin_returned_move_id

    def _workshop_parts_state(self):
        """Whether what these moves bring to jobs is here.

        :return: one of ``PARTS_STATES`` and, of what is on the way, when the last of it
            is expected; False where there is nothing to tell.
        """
        moves = self.filtered(
            lambda move: move._is_workshop_issue() and move.state != "cancel"
        )
        short = moves.filtered(lambda move: move.state not in ("assigned", "done"))
        expected = short.mapped("forecast_expected_date")
        if not moves:
            return False, False
        if all(move.state == "done" for move in moves):
            return "issued", False
        if any(move.is_workshop_used for move in moves if move.state != "done"):
            return "used", False
        if not short:
            return "here", False
        return ("on_way", max(expected)) if all(expected) else ("missing", False)

    def _ensure_workshop_orderpoints(self):
        """A part that a store never kept is ordered for the job and no further."""
        Orderpoint = self.env["stock.warehouse.orderpoint"]
        for move in self.filtered("product_id.is_storable"):
            vals = {
                "product_id": move.product_id.id,
                "location_id": move.location_id.id,
                "company_id": move.company_id.id,
            }
            domain = [(name, "=", value) for name, value in vals.items()]
            if not Orderpoint.with_context(active_test=False).search(domain, limit=1):
                Orderpoint.create(
                    {
                        **vals,
                        "warehouse_id": move.location_id.warehouse_id.id,
                        "trigger": "auto",
                        "product_min_qty": 0,
                        "product_max_qty": 0,
                    }
                )

    @api.model
    def _prepare_merge_moves_distinct_fields(self):
        return [*super()._prepare_merge_moves_distinct_fields(), "is_workshop_used"]

    @api.model
    def _prepare_merge_negative_moves_excluded_distinct_fields(self):
        # What is taken off the bill may be a part that was noted as used.
        return [
            *super()._prepare_merge_negative_moves_excluded_distinct_fields(),
            "is_workshop_used",
        ]

    def _key_assign_picking(self):
        return (*super()._key_assign_picking(), self.workshop_job_id)

    def _search_picking_for_assignation_domain(self):
        return [
            *super()._search_picking_for_assignation_domain(),
            ("workshop_job_id", "=", self.workshop_job_id.id),
        ]

    def _get_new_picking_values(self):
        return {
            **super()._get_new_picking_values(),
            "workshop_job_id": self.workshop_job_id.id,
        }
