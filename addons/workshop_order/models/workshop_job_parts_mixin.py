from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .stock_move import PARTS_STATES

# Who may put another part in a kit part's place.
REPLACERS = {"advisor", "parts_keeper", "store_manager"}


class WorkshopJobPartsMixin(models.AbstractModel):
    """The parts of jobs: reserved, issued, short, replaced."""

    _name = "workshop.job.parts.mixin"
    _description = "Workshop Job Parts"

    parts_state = fields.Selection(
        PARTS_STATES,
        "Parts",
        compute="_compute_parts_state",
        compute_sudo=True,
        help="Whether the parts that the job needs are in the store. What was used and"
        " is not on the shelf has to be received or counted in.",
    )
    parts_expected_at = fields.Datetime(
        "Parts Expected", compute="_compute_parts_state", compute_sudo=True
    )

    # Never stored: what is on its way changes without the job.
    @api.depends(
        "line_ids.move_ids.is_workshop_used",
        "line_ids.move_ids.state",
        "line_ids.move_ids.quantity",
        "line_ids.move_ids.product_uom_qty",
    )
    def _compute_parts_state(self):
        for job in self:
            moves = job.line_ids.move_ids
            job.parts_state, job.parts_expected_at = moves._workshop_parts_state()

    def replace_part(self, line_id, product_id, reason):
        """Put another part that fits the car in the place of one of the kit's.

        The customer pays what was agreed for the part replaced.

        :param int line_id: the bill's line of the part that is not used.
        :param int product_id: what is used instead, of the kit and of the same kind.
        :param str reason: why; it stays with the order.
        :return: the id of the new line.
        """
        self.ensure_one()
        self.check_access("read")
        if not REPLACERS & set(self.env.user._workshop_roles()):
            raise AccessError(self.env._("You may not replace a part."))
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the part is replaced."))
        self.order_id._lock()
        # sudo: the parts keeper sees no bills; role, line and part are checked here.
        job = self.sudo().with_company(self.company_id)
        product = job.env["product.product"].browse(product_id)
        line = job.line_ids.filtered(lambda line: line.id == line_id)
        job._check_replaceable(line)
        if product not in job._get_substitutes(line):
            raise UserError(
                self.env._(
                    "%(part)s does not fit %(vehicle)s in the place of %(replaced)s.",
                    part=product.display_name,
                    vehicle=job.vehicle_id.display_name,
                    replaced=line.product_id.display_name or "–",
                )
            )
        new = line._create_for_jobs([job._prepare_replacing_vals(line, product)])
        line._put({"workshop_quantity": 0})
        line.product_uom_qty = 0
        job._procure_parts()
        job.order_id.with_user(self.env.user).sudo().message_post(
            body=self.env._(
                "%(job)s: %(part)s instead of %(replaced)s. %(reason)s",
                job=job.name,
                part=product.display_name,
                replaced=line.product_id.display_name,
                reason=reason.strip(),
            )
        )
        return new.id

    def _check_replaceable(self, line):
        if (
            not line.product_id
            or line in self._labour_lines()
            or not (line.product_uom_qty or line.workshop_quantity)
        ):
            raise UserError(self.env._("This is no part of %(job)s.", job=self.name))
        if self.state == "withdrawn" or self.finished_at:
            raise UserError(
                self.env._(
                    "%(job)s is over: its parts stay as they are.",
                    job=self.display_name,
                )
            )
        if line.qty_delivered:
            raise UserError(
                self.env._(
                    "%(part)s was issued already: take it back first.",
                    part=line.product_id.display_name,
                )
            )

    def _prepare_replacing_vals(self, line, product):
        return {
            "order_id": line.order_id.id,
            "workshop_job_id": self.id,
            "product_id": product.id,
            "product_uom_qty": line.product_uom_qty,
            "workshop_price": line.workshop_price,
            "workshop_quantity": line.workshop_quantity,
            "workshop_discount": line.workshop_discount,
            "workshop_replaces_id": line.id,
            "sequence": line.sequence,
        }

    def _get_substitutes(self, line):
        """The products of the job's kit that fit its car in this line's place."""
        kit = self.version_id._get_substitutes(line.product_id, self.vehicle_id)
        return kit.product_id.filtered(
            lambda product: product.uom_id == line.product_uom_id
            and product != line.product_id
        )

    def _issue_parts(self):
        """What the jobs used leaves the stock, as far as the stock has it.

        Not before the customer has agreed to them as they are.
        """
        agreed = self.filtered(lambda job: not job.is_stale)
        moves = agreed.line_ids.move_ids.filtered(
            lambda move: move.state not in ("draft", "waiting", "done", "cancel")
            and move._is_workshop_issue()
            # A part with a number is issued by the parts keeper, who reads it.
            and move.product_id.tracking == "none"
        )
        moves._issue_used()
        agreed.picking_ids._ask_for_used()

    def _check_parts_are_issued(self):
        """What is in the cars has left the stock."""
        open_moves = self.line_ids.move_ids.filtered(
            lambda move: move._is_workshop_issue()
            and move.state not in ("done", "cancel")
            and move.workshop_job_id.finished_at
        )
        if open_moves:
            raise UserError(
                self.env._(
                    "Parts used for %(order)s are not issued: have the parts keeper"
                    " receive or count %(parts)s first, or cancel the transfer of what"
                    " was not used.",
                    order=", ".join(open_moves.workshop_job_id.order_id.mapped("name")),
                    parts=", ".join(
                        f"{move.product_uom_qty:g} × {move.product_id.display_name}"
                        for move in open_moves
                    ),
                )
            )

    def _procure_parts(self):
        """Have what is short for these jobs ordered, by Odoo's own reordering."""
        # sudo: whoever authorises a job need know nothing of stocks.
        for store, jobs in self.sudo().grouped("company_id").items():
            jobs = jobs.with_company(store)
            short = jobs.line_ids.move_ids.filtered(
                lambda move: move._is_workshop_issue()
                and move.state in ("confirmed", "partially_available")
            )
            if short:
                short._ensure_workshop_orderpoints()
                short._trigger_scheduler()
