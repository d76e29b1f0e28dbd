from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

AT_ONCE = 20
"""Orders between two commits: what a cancelling click waits for at most."""


class WorkshopEvidenceCheck(models.Model):
    """One look at the evidence of all orders of a store or a time.

    It runs in the background, tells how far it is and can be called off; what it found
    stays.
    """

    _name = "workshop.evidence.check"
    _description = "Verification of Evidence"
    _order = "id desc"

    company_id = fields.Many2one(
        "res.company",
        "Store",
        index=True,
        ondelete="cascade",
        domain="[('id', 'in', allowed_company_ids)]",
        help="Empty: every store that you may see.",
    )
    date_from = fields.Date("Received from")
    date_to = fields.Date("Received until")
    user_id = fields.Many2one(
        "res.users",
        "Asked by",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
    )
    state = fields.Selection(
        [
            ("draft", "Not Started"),
            ("running", "Running"),
            ("done", "Done"),
            ("cancelled", "Called off"),
        ],
        required=True,
        readonly=True,
        copy=False,
        default="draft",
    )
    total = fields.Integer("Orders and Devices", readonly=True, copy=False)
    checked = fields.Integer("Looked At", readonly=True, copy=False)
    broken = fields.Integer(readonly=True, copy=False)
    progress = fields.Integer(compute="_compute_progress")
    verdict = fields.Text("First Break", readonly=True, copy=False)
    broken_order_id = fields.Many2one(
        "workshop.order", "Found in", readonly=True, copy=False
    )
    cursor = fields.Integer(readonly=True, copy=False)
    device_cursor = fields.Integer(readonly=True, copy=False)

    _dates_order = models.Constraint(
        "CHECK (date_to IS NULL OR date_from IS NULL OR date_from <= date_to)",
        "The time ends before it begins.",
    )

    @api.depends("total", "checked", "state")
    def _compute_progress(self):
        for check in self:
            done = check.state == "done" and not check.total
            share = 100 * check.checked // check.total if check.total else 0
            check.progress = 100 if done else share

    @api.depends("company_id", "date_from", "date_to")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for check in self:
            days = [str(day) for day in (check.date_from, check.date_to) if day]
            store = check.company_id.name or self.env._("All stores")
            check.display_name = " ".join([store, " – ".join(days)]).strip()

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_results(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        # Guard here, not in the buttons: RPC can write a readonly field.
        self._refuse_results([vals])
        if vals and self.filtered(lambda check: check.state != "draft"):
            raise UserError(self.env._("What was looked at stays as it was."))
        return super().write(vals)

    def action_start(self):
        """Begin to look; goes on in the background."""
        self.check_access("write")
        for check in self:
            if check.state != "draft":
                raise UserError(self.env._("It was started already: make another one."))
            orders = check._orders().search_count(check._domain())
            devices = check._devices().search_count(check._store_domain())
            check._put({"state": "running", "total": orders + devices})
        self.env.ref("workshop_edge.workshop_evidence_check_cron")._trigger()

    def action_cancel(self):
        """Call it off; what was found so far stays."""
        self.check_access("write")
        running = self.filtered(lambda check: check.state == "running")
        running.lock_for_update()
        running._put({"state": "cancelled"})

    def action_look(self):
        """Show how far it is."""
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    @api.model
    def _cron_run(self):
        """Look at the next orders of whatever runs, the oldest first."""
        progress = self.env["ir.cron"]._commit_progress
        while check := self.search([("state", "=", "running")], order="id", limit=1):
            check._run_some()
            left = max(0, check.total - check.checked)
            if not progress(1, remaining=left or int(self._is_any_running())):
                return

    def _is_any_running(self):
        return bool(self.search_count([("state", "=", "running")], limit=1))

    def _run_some(self):
        """Look at some orders, then at a device, or end with what belongs to none."""
        self.lock_for_update()
        self.invalidate_recordset()
        if self.state != "running":
            return
        domain = self._domain() & Domain("id", ">", self.cursor)
        orders = self._orders().search(domain, order="id", limit=AT_ONCE)
        if orders:
            for order in orders:
                self._note_break(order._verify_order(), order)
            self._put(
                {"cursor": orders[-1].id, "checked": self.checked + len(orders)},
            )
            return
        domain = self._store_domain() & Domain("id", ">", self.device_cursor)
        if device := self._devices().search(domain, order="id", limit=1):
            self._note_break(device._verify_line())
            self._put({"device_cursor": device.id, "checked": self.checked + 1})
            return
        self._note_break(self.env["workshop.checkpoint"]._verify_statements())
        self._put({"state": "done"})

    def _note_break(self, verdict, order=None):
        if verdict is True:
            return
        vals = {"broken": self.broken + 1}
        if not self.verdict:
            vals |= {"verdict": verdict, "broken_order_id": order and order.id}
        self._put(vals)

    def _orders(self):
        """Orders as whoever asked may see them, in his language."""
        return self._as_asked("workshop.order")

    def _devices(self):
        """Devices likewise, revoked ones too: what they sealed stays."""
        return self._as_asked("workshop.device")

    def _as_asked(self, model):
        user = self.user_id
        return (
            self.env[model]
            .with_user(user)
            .with_context(lang=user.lang, allowed_company_ids=user.company_ids.ids)
        )

    def _store_domain(self):
        return Domain("company_id", "child_of", self.company_id.ids or self._seen())

    def _domain(self):
        domain = self._store_domain()
        if self.date_from:
            domain &= Domain("received_at", ">=", self.date_from)
        if self.date_to:
            domain &= Domain("received_at", "<", fields.Date.add(self.date_to, days=1))
        return domain

    def _seen(self):
        return self.user_id.company_ids.ids

    def _put(self, vals):
        """Write past this class's guard, which refuses everybody else."""
        return super().write(vals)

    @api.model
    def _refuse_results(self, vals_list):
        """Nobody enters what was found, or in whose name it was looked for."""
        asked = {"company_id", "date_from", "date_to"}
        if any(set(vals) - asked for vals in vals_list):
            raise UserError(
                self.env._("Choose a store and days; what is found nobody enters.")
            )
