from odoo import api, fields, models
from odoo.exceptions import UserError

UNDECIDED = ("proposed", "declined", "deferred")


class WorkshopJobAuthorisationMixin(models.AbstractModel):
    """What the customer agreed to, and whether the job is still that."""

    _name = "workshop.job.authorisation.mixin"
    _description = "Workshop Job Authorisation"

    authorised_lines = fields.Json(readonly=True, copy=False)
    is_stale = fields.Boolean(
        "To Authorise Again",
        compute="_compute_is_stale",
        compute_sudo=True,
        help="Price or scope changed since the customer agreed: it is neither delivered"
        " nor billed before he agrees again.",
    )
    decline_reason = fields.Char("Why Not", readonly=True, copy=False)
    deferred_until = fields.Date("Deferred until", readonly=True, copy=False)
    declined_at = fields.Datetime("Declined or Deferred", readonly=True, copy=False)

    @api.depends(
        "state",
        "authorised_lines",
        "line_ids.product_uom_qty",
        "line_ids.price_unit",
        "line_ids.discount",
    )
    def _compute_is_stale(self):
        for job in self:
            job.is_stale = (
                job.state == "authorised"
                and job.authorised_lines is not False
                and job._differs(job.authorised_lines or [], job._agreed_lines())
            )

    def action_authorise(self):
        """The customer agrees to these jobs, here and now."""
        self.check_access("write")
        for order, jobs in self.grouped("order_id").items():
            order.authorise(jobs.ids)

    def decline(self, reason, channel="desk", signer=None, signature=None):
        """The customer does not want these jobs; they come back at the next visit."""
        self._refuse("declined", reason, channel, signer, signature, {})

    def defer(self, reason, until, channel="desk", signer=None, signature=None):
        """The customer wants these jobs later.

        :param until: the day from which they are to be offered again.
        """
        until = fields.Date.to_date(until)
        if not until or until <= fields.Date.context_today(self):
            raise UserError(self.env._("Say until which day to come the job waits."))
        self._refuse(
            "deferred", reason, channel, signer, signature, {"deferred_until": until}
        )

    def _refuse(self, state, reason, channel, signer, signature, vals):
        self.check_access("write")
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why: it is asked at the next visit."))
        for order, jobs in self.grouped("order_id").items():
            order._lock()
            if order.state in ("closed", "cancelled"):
                raise UserError(
                    self.env._("A closed or cancelled order stays as it is.")
                )
            for job in jobs:
                if job.state not in UNDECIDED:
                    raise UserError(
                        self.env._(
                            "%(job)s is not proposed any more.", job=job.display_name
                        )
                    )
            offer = order._offer(jobs)
            order._decide(state, jobs, offer, channel, signer, signature, reason)
            jobs.with_company(order.company_id).line_ids._suspend()
            jobs._put(
                {
                    "state": state,
                    "decline_reason": reason,
                    "declined_at": fields.Datetime.now(),
                    "deferred_until": False,
                    **vals,
                }
            )
            jobs._leave_packages()
            order._settle_decided()

    def _check_may_authorise(self):
        if self.state not in UNDECIDED and not self.is_stale:
            raise UserError(
                self.env._("%(job)s is not proposed any more.", job=self.display_name)
            )

    def _check_authorised(self):
        """Refuse to bill what the customer has not agreed to as it is."""
        # Odoo bills in the customer's language; this is for whoever pressed the button.
        # sudo: the guard holds for every caller
        for job in self.sudo().with_context(lang=self.env.user.lang):
            if job.state != "authorised" or job.is_stale:
                raise UserError(
                    job.env._(
                        "%(job)s is not authorised as it is now: have the customer"
                        " agree to its price and scope first.",
                        job=job.display_name,
                    )
                )

    def _offer_row(self):
        """The job as it is shown to the customer, in the language of the context."""
        self.ensure_one()
        lines = self.line_ids.filtered(lambda line: not line.display_type)
        amount = 0
        rows = []
        for line in lines:
            quantity = line.product_uom_qty or line.workshop_quantity
            price = line.price_unit if line.product_uom_qty else line.workshop_price
            total = self.currency_id.round(
                quantity * price * (1 - (line.discount or 0) / 100)
            )
            amount += total
            rows.append(
                {
                    "discount": f"{line.discount or 0:g}",
                    "name": line.product_id.display_name or line.name,
                    "price": f"{price:.2f}",
                    "quantity": f"{quantity:g}",
                    "total": f"{total:.2f}",
                    "unit": line.product_uom_id.name or "",
                }
            )
        return {
            "amount": amount,
            "job": self.id,
            "lines": rows,
            "name": self.name or "",
            "total": f"{amount:.2f}",
        }

    def _agreed_lines(self):
        """What is agreed, apart from the language in which it is shown.

        A part that fits and costs what was agreed counts as the one that it replaces.
        """
        self.ensure_one()
        # sudo: whether a job is as agreed is not for its prices' readers alone.
        lines = self.sudo().line_ids.filtered(lambda line: not line.display_type)
        replaced = lines.workshop_replaces_id
        return [
            [
                line._get_replaced_first().product_id.id,
                f"{line.product_uom_qty:.4f}",
                f"{line.price_unit:.4f}",
                round(line.discount or 0, 4),
            ]
            for line in (lines - replaced).sorted(
                lambda line: line._get_replaced_first().id
            )
        ]

    @api.model
    def _differs(self, agreed, now):
        """Whether there is anything that the customer has not agreed to.

        A discount given since takes nothing from him.
        """
        if [row[:3] for row in agreed] != [row[:3] for row in now]:
            return True
        pairs = zip(agreed, now, strict=True)
        return any(after[3] < before[3] for before, after in pairs)
