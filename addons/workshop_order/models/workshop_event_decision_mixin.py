import time

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..floor import reader

TOLD = 20


class WorkshopEventDecisionMixin(models.AbstractModel):
    """What people decide about events: always a further event, never a change."""

    _name = "workshop.event.decision.mixin"
    _description = "Workshop Event Decision"

    is_open_issue = fields.Boolean(
        "Waits for a Decision",
        compute="_compute_is_open_issue",
        search="_search_is_open_issue",
    )
    is_undone = fields.Boolean("Corrected", compute="_compute_is_undone")
    checks_text = fields.Text("Steps", compute="_compute_checks_text")
    meanwhile = fields.Text(
        "What Happened Meanwhile",
        compute="_compute_meanwhile",
        help="What the bay could not know of when it recorded this.",
    )

    @api.depends("result", "effect", "following_ids")
    def _compute_is_open_issue(self):
        for event in self:
            event.is_open_issue = (
                event.result == "rejected" or event.effect == "held"
            ) and not event.following_ids

    def _search_is_open_issue(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self.env["workshop.order"]._get_issue_domain()

    @api.depends("following_ids.kind")
    def _compute_is_undone(self):
        for event in self:
            event.is_undone = "correction" in event.following_ids.mapped("kind")

    @api.depends("checks")
    @api.depends_context("lang")
    def _compute_checks_text(self):
        for event in self:
            event.checks_text = "\n".join(
                f"{'⚠' if row['outside'] else '✓'} {row['step']} {row['value']}".strip()
                for row in event._checks_shown()
            )

    @api.depends("job_id", "order_id")
    @api.depends_context("lang")
    def _compute_meanwhile(self):
        for event in self:
            event.meanwhile = "\n".join(event._meanwhile_lines()) if event.id else ""

    def decide(self, decision, note):
        """Apply, set aside or close records that did not fit, each by a further event.

        Records of one job are decided in the order in which they were recorded.

        :param decision: ``apply`` or ``set_aside`` what is held; ``close`` what was
            rejected.
        :param note: why.
        :return: the further events.
        """
        self.check_access("read")
        self._check_may_decide()
        note = self._check_note(note)
        return (
            self.union(*(event._decide(decision, note) for event in self.sorted("id")))
            - self
        )

    def correct(self, note):
        """Undo what a confirmation did, as far as later ones do not build on it.

        :return: the further event.
        """
        self.ensure_one()
        self.check_access("read")
        self._check_may_decide()
        note = self._check_note(note)
        event = self.sudo()  # sudo: the right was checked; the log is nobody's to write
        job = event.job_id
        if event.effect != "applied" or not event.node:
            raise UserError(
                self.env._("Only a confirmation that was applied can be corrected.")
            )
        job.order_id._lock_floor(event._concerned())
        if event.is_undone:
            raise UserError(job._word("decided_already", {}))
        job._check_not_billed()
        before = [
            past
            for past in reader.read_applied(self.env.cr, job.id)
            if past.event_id != event.id and past.node and not past.undone_by
        ]
        if event.clock == "stop":
            event._check_clock_may_go_on(before)
        return self._type(
            job.order_id,
            event.user_id,
            job,
            kind="correction",
            target_id=event.id,
            actor_id=self.env.uid,
            note=note,
            before=tuple(before),
        )

    def action_decide(self):
        """Ask for the decision about these records."""
        self._check_may_decide()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Correct")
            if all(event._asked() == "applied" for event in self)
            else self.env._("Decide"),
            "res_model": "workshop.event.decide",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_event_ids": self.ids},
        }

    def _asked(self):
        """What a decision would be about: ``held``, ``rejected`` or ``applied``."""
        self.ensure_one()
        if self.result == "rejected":
            return "rejected"
        return "held" if self.effect == "held" else "applied"

    def _headline(self):
        """Which record it is, in one line."""
        event = self.sudo()  # sudo: reading a log row includes what it is about
        parts = (
            event.order_id.name or self.env._("No order of this store"),
            event.job_id.name if event.order_id else event.bay_id.name,
            event.title,
        )
        return " · ".join(part for part in parts if part)

    def _decide(self, decision, note):
        self.ensure_one()
        event = self.sudo()  # sudo: as in ``correct``
        wanted = ("apply", "set_aside") if event.effect == "held" else ("close",)
        is_issue = event.effect == "held" or event.result == "rejected"
        if not is_issue or decision not in wanted:
            raise UserError(
                self.env._(
                    "What is held is applied or set aside; what was rejected is closed."
                )
            )
        order = event.order_id
        if order:
            order._lock_floor(event._concerned())
        if event.following_ids:
            raise UserError(event.job_id._word("decided_already", {}))
        values = {
            "kind": "decision",
            "decision": decision,
            "target_id": event.id,
            "actor_id": self.env.uid,
            "note": note,
        }
        if decision == "apply":
            values |= {
                "node": event.node,
                "reason": event.reason or None,
                **event._evidence(),
                "effective_ms": event._effective_ms(),
            }
        made = self._type(order, event.user_id, event.job_id or None, **values)
        if order:
            # Whoever was asked to decide need not be asked any longer.
            self.env["workshop.consequence"]._queue(order, "held")
        return made

    def _effective_ms(self):
        """When it counts from: its own time, but after all that was applied since."""
        self.env.cr.execute(
            """
            SELECT max(coalesce(effective_ms, occurred_ms))
              FROM workshop_event
             WHERE effect = 'applied' AND node IS NOT NULL
               AND (job_id = %(job)s OR (user_id = %(user)s AND clock <> 'keep'))
               AND id > %(id)s
            """,
            {"job": self.job_id.id, "user": self.user_id.id, "id": self.id},
        )
        last = self.env.cr.fetchone()[0] or 0
        return min(max(self.occurred_ms, last), round(time.time() * 1000))

    def _check_clock_may_go_on(self, before):
        """Undoing what stopped a clock sets it going as if it had never stopped."""
        started = [
            past for past in before if past.clock == "start" and past.event_id < self.id
        ]
        self.env.cr.execute(
            """
            SELECT 1
              FROM workshop_event
             WHERE user_id = %s AND clock = 'start' AND id > %s
             LIMIT 1
            """,
            [started[-1].user_id if started else self.user_id.id, self.id],
        )
        if self.env.cr.rowcount:
            raise UserError(self.job_id._word("undo_busy", {}))

    def _concerned(self):
        """Persons whose clocks a decision about it may change."""
        return self.user_id | self.job_id.running_user_id

    def _check_note(self, note):
        note = (note or "").strip()
        if not note:
            raise UserError(self.env._("Say why: the reason stays with the decision."))
        return note

    def _meanwhile_lines(self):
        """What was applied to the job since this happened, and how all stands now."""
        self.ensure_one()
        event = self.sudo()  # sudo: whoever reads the event reads its job's others
        since = event.search(
            [
                ("job_id", "=", event.job_id.id),
                ("effect", "=", "applied"),
                ("id", "!=", event.id),
                ("received_at", ">=", event.occurred_at),
            ],
            order="id",
            limit=TOLD,
        )
        lines = [
            self.env._(
                "%(node)s: %(person)s, %(place)s, %(when)s", **each._shown_words()
            )
            for each in (since if event.job_id else ())
        ]
        order = event.order_id
        if order:
            states = dict(order._fields["state"]._description_selection(self.env))
            lines.append(self.env._("Order now: %(state)s", state=states[order.state]))
        if event.job_id:
            lines.append(self.env._("Job now: %(stage)s", stage=event.job_id._stage()))
        return lines
